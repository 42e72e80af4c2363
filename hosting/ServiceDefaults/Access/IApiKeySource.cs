namespace JobSystem.ServiceDefaults.Access;

/// <summary>A key that was issued and not revoked.</summary>
public sealed record IssuedKey(string Hash, string Owner, Permission Granted, DateTimeOffset? ExpiresAt);

/// <summary>Who knows the issued keys: the service whose table it is, or the bus for all others.</summary>
public interface IApiKeySource
{
    /// <summary>Those of the keys that are valid. Throws when nobody can say.</summary>
    Task<IReadOnlyList<IssuedKey>> Find(IReadOnlyList<string> hashes, CancellationToken cancellationToken);
}

/// <summary>Whether the credentials are valid cannot be found out just now: that is no answer 401.</summary>
public sealed class CredentialsUncheckedException(string message, Exception? inner = null) : Exception(message, inner);
