namespace Fencepost.Compat;

/// <summary>What a library must offer to be driven: compat/lock-client.ts in C#.</summary>
public interface ILockLibrary
{
    /// <summary>The configuration is in the words of StackExchange.Redis, on which all of them stand.</summary>
    static abstract Task<ILockSession> OpenAsync(string configuration);
}

/// <summary>One connection or pool, as one process of an application would have.</summary>
public interface ILockSession : IAsyncDisposable
{
    /// <summary>One try if <paramref name="wait"/> is zero; null when it was in vain.</summary>
    Task<IHeldLock?> AcquireAsync(string name, TimeSpan ttl, TimeSpan wait);
}

/// <summary>What a session may be as well: a connection for any command.</summary>
public interface ICommandSession
{
    Task<object?> PipelineAsync(IEnumerable<string[]> commands);

    /// <summary>Null when a key of <paramref name="watched"/> had another value than it says.</summary>
    Task<object?> TransactionAsync(
        IReadOnlyDictionary<string, string> watched,
        IEnumerable<string[]> commands);

    Task SubscribeAsync(string channel);

    Task<string> ReceiveAsync(string channel);
}

public interface IHeldLock
{
    Task<bool> ExtendAsync(TimeSpan ttl);

    /// <summary>Null if the library does not tell whether the lock was still its own.</summary>
    Task<bool?> ReleaseAsync();
}
