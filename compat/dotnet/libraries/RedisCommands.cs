using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Fencepost.Compat;

/// <summary>
/// A connection as compat/connection-contract.ts wants it: any command by Execute, transactions,
/// whose conditions are StackExchange.Redis' way to WATCH, and channels.
/// </summary>
internal sealed partial class Session : ICommandSession
{
    private readonly ConcurrentDictionary<string, ChannelMessageQueue> channels = new();

    public async Task<object?> PipelineAsync(IEnumerable<string[]> commands)
    {
        var replies = commands.Select(command => ExecuteAsync(database, command)).ToArray();
        return (await Task.WhenAll(replies)).Select(Plain).ToArray();
    }

    public async Task<object?> TransactionAsync(
        IReadOnlyDictionary<string, string> watched,
        IEnumerable<string[]> commands)
    {
        var transaction = database.CreateTransaction();
        foreach (var (key, value) in watched)
        {
            transaction.AddCondition(Condition.StringEqual(key, value));
        }
        var replies = commands.Select(command => ExecuteAsync(transaction, command)).ToArray();
        if (!await transaction.ExecuteAsync())
        {
            return null;
        }
        return (await Task.WhenAll(replies)).Select(Plain).ToArray();
    }

    public async Task SubscribeAsync(string channel) =>
        channels[channel] = await connection.GetSubscriber().SubscribeAsync(RedisChannel.Literal(channel));

    public async Task<string> ReceiveAsync(string channel) =>
        (await channels[channel].ReadAsync()).Message.ToString();

    private static Task<RedisResult> ExecuteAsync(IDatabaseAsync on, string[] command) =>
        on.ExecuteAsync(command[0], command[1..].Cast<object>().ToArray());

    private static object? Plain(RedisResult reply) => reply switch
    {
        { IsNull: true } => null,
        { Resp2Type: ResultType.Array } => ((RedisResult[])reply!).Select(Plain).ToArray(),
        { Resp2Type: ResultType.Integer } => (long)reply,
        _ => (string?)reply,
    };
}
