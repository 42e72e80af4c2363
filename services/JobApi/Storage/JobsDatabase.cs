using JobSystem.ServiceDefaults;
using Npgsql;

namespace JobSystem.JobApi.Storage;

/// <summary>How connections to the jobs database are made.</summary>
static class JobsDatabase
{
    /// <summary>
    /// For the store. Its statements are few and parsed once, but planned for each batch, which takes well under a millisecond: a plan
    /// that is kept was made while the table was small, and reads all of it when it is large. Nothing is ever set in a session, so
    /// nothing needs to be reset.
    /// </summary>
    public static NpgsqlDataSource HotSource(string url, string applicationName) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Base(url, applicationName))
        {
            MaxPoolSize = 20,
            MaxAutoPrepare = 60,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Options = "-c plan_cache_mode=force_custom_plan -c jit=off",
        });

    /// <summary>For list queries: every shape is planned for its own values, and they cannot take the store's connections.</summary>
    public static string QueryConnectionString(string url, string applicationName) =>
        new NpgsqlConnectionStringBuilder(Base(url, applicationName)) { MaxPoolSize = 10, NoResetOnClose = true }.ConnectionString;

    static string Base(string url, string applicationName)
    {
        var given = new NpgsqlConnectionStringBuilder(PostgresUrl.ToConnectionString(url));
        given.ApplicationName ??= applicationName;
        // Together less than the 5 seconds in which a caller must hear that the database is away
        given.Timeout = 3;
        given.CommandTimeout = 10;
        return given.ConnectionString;
    }
}
