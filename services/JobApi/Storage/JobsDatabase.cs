using JobSystem.ServiceDefaults.Postgres;
using Npgsql;

namespace JobSystem.JobApi.Storage;

/// <summary>How connections to the jobs database are made.</summary>
static class JobsDatabase
{
    /// <summary>
    /// For the store. Its statements are few and parsed once, but planned for each batch, which takes well under a millisecond: a plan
    /// that is kept was made while the table was small, and reads all of it when it is large.
    /// </summary>
    public static NpgsqlDataSource HotSource(string url, string applicationName)
    {
        var settings = Base(url, applicationName, "-c plan_cache_mode=force_custom_plan");
        (settings.MaxPoolSize, settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (20, 60, 2);
        return NpgsqlDataSource.Create(settings);
    }

    /// <summary>Connections for list queries: planned for their actual values, and separate from the store's pool.</summary>
    public static string QueryConnectionString(string url, string applicationName)
    {
        var settings = Base(url, applicationName);
        settings.MaxPoolSize = 10;
        return settings.ConnectionString;
    }

    static NpgsqlConnectionStringBuilder Base(string url, string applicationName, string options = "")
    {
        var settings = PostgresSession.Settings(url, applicationName, options);
        // For large batches and long lists; HTTP requests have shorter timeouts
        settings.CommandTimeout = 10;
        return settings;
    }
}
