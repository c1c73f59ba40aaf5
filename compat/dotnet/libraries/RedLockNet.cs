using RedLockNet;
using RedLockNet.SERedis;
using RedLockNet.SERedis.Configuration;
using StackExchange.Redis;

namespace Fencepost.Compat;

/// <summary>RedLock.net on one endpoint. It extends what it holds by itself.</summary>
public sealed class Library : ILockLibrary
{
    public static async Task<ILockSession> OpenAsync(string configuration) =>
        new Session(await ConnectionMultiplexer.ConnectAsync(configuration));
}

internal sealed class Session(ConnectionMultiplexer connection) : ILockSession
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly RedLockFactory factory =
        RedLockFactory.Create(new List<RedLockMultiplexer> { connection });

    public async Task<IHeldLock?> AcquireAsync(string name, TimeSpan ttl, TimeSpan wait)
    {
        var redLock = wait == TimeSpan.Zero
            ? await factory.CreateLockAsync(name, ttl)
            : await factory.CreateLockAsync(name, ttl, wait, Poll);
        return redLock.IsAcquired ? new Held(redLock) : null;
    }

    public async ValueTask DisposeAsync()
    {
        // Disposing the factory would release its locks; closing the connection does not.
        await connection.CloseAsync();
        connection.Dispose();
    }
}

internal sealed class Held(IRedLock redLock) : IHeldLock
{
    public Task<bool> ExtendAsync(TimeSpan ttl) =>
        throw new NotSupportedException("RedLock.net extends by itself");

    public async Task<bool?> ReleaseAsync()
    {
        await redLock.DisposeAsync();
        return null;
    }
}
