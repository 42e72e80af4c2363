using System.Security.Claims;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Hosting;

/// <summary>How JobSystem runs inside an application.</summary>
public sealed class JobSystemHostOptions
{
    const int MostOfAName = 63;

    internal string? Folder { get; private set; } = "jobsystem";

    internal (string Connection, string Schema)? Postgres { get; private set; }

    /// <summary>Changes the system's own container before it is built; for tests.</summary>
    internal Action<IServiceCollection>? ConfigureSystem { get; set; }

    /// <summary>
    /// The administrator's API key, at least 16 characters. Default: the setting <c>JOBSYSTEM_ADMIN_KEY</c>, or else a key that is made at the first start and
    /// kept in the file <c>admin.key</c> of the folder. With <see cref="UsePostgres"/> there is no such file: without the setting nobody has an administrator's key.
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
        (Folder, Postgres) = (folder, null);
    }

    /// <summary>Keeps everything in a temporary folder, which is removed when the application stops: for tests and first steps.</summary>
    public void UseTemporaryFolder() => (Folder, Postgres) = (null, null);

    /// <summary>
    /// Keeps everything in a PostgreSQL database, which may be the application's own. Any number of instances of the application have it in common, and share the
    /// work: a job that one accepts runs on any of them, and when one dies, the others run what it left.
    /// </summary>
    /// <param name="connection"><c>postgresql://user:password@host:port/database</c> or an Npgsql connection string.</param>
    /// <param name="schema">
    /// Where its tables are, apart from the application's. It is made at the first start, for which the user needs the right to create it. Letters a to z, digits
    /// and underscores. Default: <c>jobsystem</c>.
    /// </param>
    /// <exception cref="ArgumentException">It is no address, or no such name.</exception>
    public void UsePostgres(string connection, string schema = "jobsystem")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connection);
        ArgumentNullException.ThrowIfNull(schema);
        if (schema is not [(>= 'a' and <= 'z') or '_', ..] || schema.Length > MostOfAName || schema.StartsWith("pg_", StringComparison.Ordinal)
            || !schema.All(x => x is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_'))
        {
            throw new ArgumentException(
                $"expected letters a to z, digits and underscores, at most {MostOfAName}, not beginning with a digit or pg_; got '{schema}'", nameof(schema));
        }
        try
        {
            Postgres = (PostgresUrl.ToConnectionString(connection), schema);
        }
        catch (SettingException exception)
        {
            throw new ArgumentException(exception.Message, nameof(connection), exception);
        }
    }
}
