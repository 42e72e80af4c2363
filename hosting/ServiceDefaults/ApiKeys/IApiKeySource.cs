using JobSystem.ServiceDefaults.Access;

namespace JobSystem.ServiceDefaults.ApiKeys;

/// <summary>An API key that has been issued and not revoked.</summary>
public sealed record IssuedKey(string Hash, string Owner, Permission Granted, DateTimeOffset? ExpiresAt)
{
    /// <summary>Which jobs a worker with this key may run. Only the service that owns the table of keys knows it; it is the only one that needs it.</summary>
    public RunScope Runs { get; init; } = RunScope.All;
}

/// <summary>Source of issued keys: the table in the service that owns it, or the bus in others.</summary>
public interface IApiKeySource
{
    /// <summary>Returns the valid keys among those given. Throws if they cannot be validated.</summary>
    Task<IReadOnlyList<IssuedKey>> Find(IReadOnlyList<string> hashes, CancellationToken cancellationToken);
}

/// <summary>The credentials cannot be validated at the moment, which is a 503, not a 401.</summary>
public sealed class CredentialsUncheckedException(string message, Exception? inner = null) : Exception(message, inner);
