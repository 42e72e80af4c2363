using JobSystem.ServiceDefaults.Postgres;
using Npgsql;

namespace JobSystem.ServiceDefaults.Bus.Notifications;

/// <summary>The connections, and who is at this end.</summary>
sealed class NotificationChannel : IAsyncDisposable
{
    public NotificationChannel(string url, string applicationName)
    {
        // Nothing is written, so nothing has to be on disk
        var settings = PostgresSession.Settings(url, applicationName, "-c synchronous_commit=off");
        (settings.MinPoolSize, settings.MaxPoolSize) = (0, 2);
        // A listener sends nothing by itself, so it would not notice that the server is gone
        settings.KeepAlive = 10;
        Source = NpgsqlDataSource.Create(settings);
    }

    public NpgsqlDataSource Source { get; }

    public Guid Instance { get; } = Guid.CreateVersion7();

    /// <summary>Name of the channel: systems in other schemas of the database have others. Null until the listener has connected.</summary>
    public string? Name { get; set; }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
