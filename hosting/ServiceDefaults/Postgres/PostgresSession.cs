using Npgsql;

namespace JobSystem.ServiceDefaults.Postgres;

/// <summary>
/// How connections to PostgreSQL are made, in every service. A process that stops, or whose host loses its power, must not hold up the
/// others: what it has locked is free again after seconds, and no lock is awaited for longer than a caller waits for a response.
/// </summary>
public static class PostgresSession
{
    /// <summary>
    /// A dead host is noticed after 10 s and three probes, on both sides; what was sent to it and not acknowledged for 20 s counts as lost.
    /// </summary>
    const string Limits =
        "-c idle_in_transaction_session_timeout=5s -c lock_timeout=3s -c jit=off " +
        "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=20s";

    /// <param name="url">As <see cref="PostgresUrl"/> reads it; settings of the session in its <c>options</c> come after ours, and
    /// win.</param>
    /// <param name="applicationName">What the server shows, unless the URL has a name.</param>
    /// <param name="options">More settings of the session.</param>
    public static NpgsqlConnectionStringBuilder Settings(string url, string applicationName, string options = "")
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgresUrl.ToConnectionString(url));
        settings.ApplicationName ??= applicationName;
        // An application's own connection string may have what does not fit our pools, and what a listener cannot have
        (settings.Pooling, settings.MinPoolSize, settings.Multiplexing) = (true, 0, false);
        // Shorter than the 5 seconds after which callers must get a 503
        settings.Timeout = 3;
        settings.CommandTimeout = 4;
        settings.TcpKeepAlive = true;
        settings.TcpKeepAliveTime = 10;
        settings.TcpKeepAliveInterval = 5;
        // Nothing is ever set in a session, so nothing needs to be reset
        settings.NoResetOnClose = true;
        settings.Options = string.Join(' ', ((string[])[Limits, options, settings.Options ?? ""]).Where(x => x.Length > 0));
        return settings;
    }
}
