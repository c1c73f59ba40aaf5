using Medallion.Threading.Redis;
using StackExchange.Redis;

namespace Fencepost.Compat;

/// <summary>DistributedLock.Redis on one database. It extends what it holds by itself.</summary>
public sealed class Library : ILockLibrary
{
    public static async Task<ILockSession> OpenAsync(string configuration) =>
        new Session(await ConnectionMultiplexer.ConnectAsync(configuration));
}

internal sealed class Session(ConnectionMultiplexer connection) : ILockSession
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    public async Task<IHeldLock?> AcquireAsync(string name, TimeSpan ttl, TimeSpan wait)
    {
        var mutex = new RedisDistributedLock(
            name,
            connection.GetDatabase(),
            options => options.Expiry(ttl).BusyWaitSleepTime(Poll, Poll));
        var handle = await mutex.TryAcquireAsync(wait);
        return handle is null ? null : new Held(handle);
    }

    public async ValueTask DisposeAsync()
    {
        await connection.CloseAsync();
        connection.Dispose();
    }
}

internal sealed class Held(RedisDistributedLockHandle handle) : IHeldLock
{
    public Task<bool> ExtendAsync(TimeSpan ttl) =>
        throw new NotSupportedException("DistributedLock extends by itself");

    public async Task<bool?> ReleaseAsync()
    {
        await handle.DisposeAsync();
        return null;
    }
}
