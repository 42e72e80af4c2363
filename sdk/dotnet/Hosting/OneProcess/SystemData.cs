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
}
