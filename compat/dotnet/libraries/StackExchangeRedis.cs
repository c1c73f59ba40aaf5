using StackExchange.Redis;

namespace Fencepost.Compat;

/// <summary>
/// LockTake, LockExtend, LockRelease and LockQuery. They leave waiting to the caller, and choose
/// their commands by the version that the server announces.
/// </summary>
public sealed class Library : ILockLibrary
{
    public static async Task<ILockSession> OpenAsync(string configuration) =>
        new Session(await ConnectionMultiplexer.ConnectAsync(configuration));
}

internal sealed partial class Session(ConnectionMultiplexer connection) : ILockSession
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly IDatabase database = connection.GetDatabase();

    public async Task<IHeldLock?> AcquireAsync(string name, TimeSpan ttl, TimeSpan wait)
    {
        RedisValue owner = Guid.NewGuid().ToString();
        var deadline = Environment.TickCount64 + (long)wait.TotalMilliseconds;
        while (!await database.LockTakeAsync(name, owner, ttl))
        {
            if (Environment.TickCount64 >= deadline)
            {
                return null;
            }
            await Task.Delay(Poll);
        }
        var query = await database.LockQueryAsync(name);
        if (query != owner && ttl > TimeSpan.FromSeconds(1))
        {
            throw new InvalidOperationException($"LockQuery of {name} tells {query}, not {owner}");
        }
        return new Held(database, name, owner);
    }

    public async ValueTask DisposeAsync()
    {
        await connection.CloseAsync();
        connection.Dispose();
    }
}

internal sealed class Held(IDatabase database, RedisKey name, RedisValue owner) : IHeldLock
{
    public Task<bool> ExtendAsync(TimeSpan ttl) => database.LockExtendAsync(name, owner, ttl);

    public async Task<bool?> ReleaseAsync() => await database.LockReleaseAsync(name, owner);
}
