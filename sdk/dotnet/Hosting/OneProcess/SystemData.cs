using System.Security.Cryptography;

namespace JobSystem.Hosting.OneProcess;

/// <summary>Where the data of a system in one process is, and the keys that belong to it.</summary>
abstract class SystemData : IDisposable
{
    /// <summary>The administrator's key.</summary>
    public abstract string AdminKey { get; }

    /// <summary>What tokens are signed with.</summary>
    public abstract string SigningKey { get; }

    /// <summary>The folder of its files; null for none.</summary>
    public abstract string? Folder { get; }

    /// <summary>The settings that say so to the services.</summary>
    public abstract IEnumerable<KeyValuePair<string, string?>> Settings { get; }

    /// <summary>For people.</summary>
    public abstract string Describe();

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>256 random bits.</summary>
    protected static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    protected static string NewAdminKey() => $"js_{NewSecret()}";
}
