using System.Security.Cryptography;

namespace JobSystem.Standalone;

/// <summary>The folder that holds everything this process must not forget. Held exclusively while the process runs.</summary>
sealed class DataFolder : IDisposable
{
    readonly FileStream hold;
    readonly bool ephemeral;

    DataFolder(string path, FileStream hold, bool ephemeral)
    {
        Path = path;
        this.hold = hold;
        this.ephemeral = ephemeral;
        AdminKey = ReadKey();
    }

    public string Path { get; }

    /// <summary>From <c>JOBSYSTEM_ADMIN_KEY</c>; otherwise made at the first start and kept in the folder.</summary>
    public string AdminKey { get; }

    public static DataFolder Open(DirectoryInfo wanted, bool ephemeral)
    {
        var path = ephemeral ? Directory.CreateTempSubdirectory("jobsystem-").FullName : wanted.FullName;
        try
        {
            Directory.CreateDirectory(path);
            return new(path, new(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), ephemeral);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"Cannot use the data folder {path}: {error.Message} Is another JobSystem running on it? Choose another one with --data DIR.");
        }
    }

    public string Describe() => ephemeral ? $"{Path} (removed at the end)" : System.IO.Path.Combine(Path, "jobs.db");

    string ReadKey()
    {
        if (Environment.GetEnvironmentVariable("JOBSYSTEM_ADMIN_KEY") is { Length: > 0 } given)
        {
            return given;
        }
        var file = System.IO.Path.Combine(Path, "admin.key");
        if (!File.Exists(file))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }
            using var writer = new StreamWriter(file, options);
            writer.Write($"js_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}");
        }
        return File.ReadAllText(file).Trim();
    }

    public void Dispose()
    {
        hold.Dispose();
        if (ephemeral)
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
