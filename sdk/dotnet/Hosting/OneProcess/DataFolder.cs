namespace JobSystem.Hosting.OneProcess;

/// <summary>A folder that holds everything this process must not forget. Held exclusively while the process runs, unless it has only keys.</summary>
sealed class DataFolder : SystemData
{
    /// <summary>The file of the administrator's key.</summary>
    public const string AdminKeyFile = "admin.key";
    const string SigningKeyFile = "signing.key";
    readonly FileStream? hold;
    readonly bool ephemeral;

    DataFolder(string path, FileStream? hold, bool ephemeral, string? adminKey)
    {
        Folder = path;
        this.hold = hold;
        this.ephemeral = ephemeral;
        AdminKey = adminKey is { Length: > 0 } ? adminKey : Kept(AdminKeyFile, NewAdminKey);
    }

    public override string Folder { get; }

    public override IEnumerable<KeyValuePair<string, string?>> Settings
    {
        get
        {
            yield return new("JOBSYSTEM_DATA", Folder);
            if (ephemeral)
            {
                yield return new("JOBSYSTEM_SQLITE_SYNCHRONOUS", "off");
            }
        }
    }

    /// <summary>The given one; otherwise made at the first start and kept in the folder.</summary>
    public override string AdminKey { get; }

    /// <summary>What tokens are signed with; made at the first start that needs it, and kept in the folder.</summary>
    public override string SigningKey => Kept(SigningKeyFile, NewSecret);

    /// <summary>Of a folder that another process may hold.</summary>
    public static string SigningKeyOf(DirectoryInfo folder)
    {
        var file = Path.Combine(folder.FullName, SigningKeyFile);
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"There is no signing key to read in {file}: {error.Message} Start JobSystem on that folder first, or name its folder with --data DIR.");
        }
    }

    /// <summary>Opens a folder, or makes it.</summary>
    /// <param name="elsewhere">How another one is chosen, for the message that this one cannot be used.</param>
    /// <param name="adminKey">The administrator's key. Default: the one that is kept in the folder.</param>
    /// <param name="hasOnlyKeys">Processes may have it in common. Default: one process holds it.</param>
    public static DataFolder Open(DirectoryInfo folder, string elsewhere, string? adminKey = null, bool hasOnlyKeys = false)
    {
        try
        {
            folder.Create();
            return new(folder.FullName, hasOnlyKeys ? null : Hold(folder.FullName), ephemeral: false, adminKey);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"Cannot use the data folder {folder.FullName}: {error.Message} Is another JobSystem running on it? Choose another one with {elsewhere}.",
                error);
        }
    }

    /// <summary>A folder that is removed at the end.</summary>
    public static DataFolder OpenTemporary(string? adminKey = null)
    {
        var path = Directory.CreateTempSubdirectory("jobsystem-").FullName;
        return new(path, Hold(path), ephemeral: true, adminKey);
    }

    static FileStream Hold(string path) => new(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    public override string Describe() => ephemeral ? $"{Folder} (removed at the end)" : Path.Combine(Folder, "jobs.db");

    /// <summary>What only the user of this process may read; made if it is not there.</summary>
    string Kept(string name, Func<string> make)
    {
        var file = Path.Combine(Folder, name);
        if (!File.Exists(file))
        {
            Create(file, make());
        }
        return File.ReadAllText(file).Trim();
    }

    /// <summary>All of it at once, unless another process does so at the same moment.</summary>
    static void Create(string file, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        var draft = $"{file}.{Guid.CreateVersion7():N}";
        using (var writer = new StreamWriter(draft, options))
        {
            writer.Write(text);
        }
        try
        {
            File.Move(draft, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(draft);
        }
    }

    public override void Dispose()
    {
        hold?.Dispose();
        if (ephemeral)
        {
            Directory.Delete(Folder, recursive: true);
        }
        base.Dispose();
    }
}
