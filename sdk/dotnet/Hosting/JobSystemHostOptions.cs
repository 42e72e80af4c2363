using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Hosting;

/// <summary>How JobSystem runs inside an application.</summary>
public sealed class JobSystemHostOptions
{
    internal string? Folder { get; private set; } = "jobsystem";

    /// <summary>Changes the system's own container before it is built; for tests.</summary>
    internal Action<IServiceCollection>? ConfigureSystem { get; set; }

    /// <summary>
    /// The administrator's API key, at least 16 characters. Default: the setting <c>JOBSYSTEM_ADMIN_KEY</c>, or else a key that is made at the first start and
    /// kept in the file <c>admin.key</c> of the folder.
    /// </summary>
    public string? AdminKey { get; set; }

    /// <summary>
    /// What a user of the application may do: some of <c>view_jobs</c>, <c>manage_jobs</c>, <c>run_jobs</c> and <c>admin</c>; none for only the user's own jobs
    /// and schedules; null for nothing, so that the user has to sign in with an API key. It is asked when <see cref="JobSystemEndpoints.MapJobSystem"/>
    /// requires an authorization and the user has it. Default: <c>admin</c>.
    /// </summary>
    public Func<ClaimsPrincipal, IReadOnlyList<string>?> Permissions { get; set; } = static _ => ["admin"];

    /// <summary>
    /// Settings of JobSystem by their documented names, such as <c>JOBSYSTEM_RETENTION_DAYS</c>. Default: those of the application's configuration.
    /// </summary>
    public IDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>();

    /// <summary>
    /// Keeps everything in SQLite files of a folder, which one process uses at a time. This is the default, with the folder <c>jobsystem</c>.
    /// </summary>
    /// <param name="folder">The folder, relative to the application's content root. It is made if there is none.</param>
    public void UseSqlite(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        Folder = folder;
    }

    /// <summary>Keeps everything in a temporary folder, which is removed when the application stops: for tests and first steps.</summary>
    public void UseTemporaryFolder() => Folder = null;
}
