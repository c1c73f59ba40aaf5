using System.Collections.Concurrent;
using System.Text.Json;

namespace Fencepost.Compat;

/// <summary>
/// Reads requests from standard input and writes replies to standard output, one JSON object a
/// line. Requests run beside each other; a reply carries the id of its request. The line protocol
/// is written down in compat/lock-driver.ts, which is its only user. Arguments are options for
/// every connection, as StackExchange.Redis spells them: `protocol=resp3`.
/// </summary>
public static class Program
{
    private static readonly ConcurrentDictionary<int, ILockSession> Sessions = new();
    private static readonly ConcurrentDictionary<int, IHeldLock> Locks = new();
    private static readonly object Output = new();
    private static string options = "abortConnect=true";
    private static int lastHandle;

    public static async Task Main(string[] args)
    {
        options = string.Join(',', [options, .. args]);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            _ = AnswerAsync(JsonDocument.Parse(line).RootElement);
        }
    }

    private static async Task AnswerAsync(JsonElement request)
    {
        var id = request.GetProperty("id").GetInt32();
        try
        {
            Write(new { id, result = await RunAsync(request) });
        }
        catch (Exception error)
        {
            Write(new { id, error = $"{error.GetType().Name}: {error.Message}" });
        }
    }

    private static async Task<object?> RunAsync(JsonElement request)
    {
        switch (request.GetProperty("call").GetString())
        {
            case "open":
                var endpoint = $"{request.GetProperty("host").GetString()}:{Number(request, "port")}";
                return Keep(Sessions, await Library.OpenAsync($"{endpoint},{options}"));
            case "acquire":
                var session = Sessions[Number(request, "session")];
                var name = request.GetProperty("name").GetString()!;
                var held = await session.AcquireAsync(name, Span(request, "ttlMs"), Span(request, "waitMs"));
                return held is null ? null : Keep(Locks, held);
            case "extend":
                return await Locks[Number(request, "lock")].ExtendAsync(Span(request, "ttlMs"));
            case "release":
                return await Locks[Number(request, "lock")].ReleaseAsync();
            case "pipeline":
                return await Commands(request).PipelineAsync(Words(request));
            case "transaction":
                var watched = request.GetProperty("watched").Deserialize<Dictionary<string, string>>()!;
                return await Commands(request).TransactionAsync(watched, Words(request));
            case "subscribe":
                await Commands(request).SubscribeAsync(request.GetProperty("name").GetString()!);
                return null;
            case "receive":
                return await Commands(request).ReceiveAsync(request.GetProperty("name").GetString()!);
            case "close":
                Sessions.TryRemove(Number(request, "session"), out var closing);
                await closing!.DisposeAsync();
                return null;
            case var other:
                throw new ArgumentException($"no such call: {other}");
        }
    }

    private static int Keep<T>(ConcurrentDictionary<int, T> table, T value)
    {
        var handle = Interlocked.Increment(ref lastHandle);
        table[handle] = value;
        return handle;
    }

    private static ICommandSession Commands(JsonElement request) =>
        (ICommandSession)Sessions[Number(request, "session")];

    private static string[][] Words(JsonElement request) =>
        request.GetProperty("commands").Deserialize<string[][]>()!;

    private static int Number(JsonElement request, string name) => request.GetProperty(name).GetInt32();

    private static TimeSpan Span(JsonElement request, string name) =>
        TimeSpan.FromMilliseconds(request.GetProperty(name).GetInt32());

    private static void Write(object reply)
    {
        lock (Output)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(reply));
            Console.Out.Flush();
        }
    }
}
