using JobSystem.ServiceDefaults.Postgres;
using Npgsql;

namespace JobSystem.ServiceDefaults.Bus.Notifications;

/// <summary>The connections, and who is at this end.</summary>
sealed class NotificationChannel : IAsyncDisposable
{
    readonly NpgsqlDataSource listening;

    public NotificationChannel(string url, string applicationName)
    {
        // Nothing is written, so nothing has to be on disk
        var settings = PostgresSession.Settings(url, applicationName, "-c synchronous_commit=off");
        settings.MaxPoolSize = 1;
        Sending = NpgsqlDataSource.Create(settings);
        // A listener sends nothing by itself, so it would not notice that the server is gone. Its session must not be anybody's afterwards
        (settings.KeepAlive, settings.Pooling) = (10, false);
        listening = NpgsqlDataSource.Create(settings);
    }

    public NpgsqlDataSource Sending { get; }

    public Guid Instance { get; } = Guid.CreateVersion7();

    /// <summary>Name of the channel. Null until the listener has connected.</summary>
    public string? Name { get; private set; }

    /// <summary>
    /// Opens a connection that listens. PostgreSQL lets every role of the database listen and notify on any channel, so its name is a secret of the schema.
    /// </summary>
    public async Task<NpgsqlConnection> Listen(NotificationEventHandler hear, CancellationToken cancellationToken)
    {
        var connection = await listening.OpenConnectionAsync(cancellationToken);
        try
        {
            connection.Notification += hear;
            await PostgresSchema.Check(connection, cancellationToken);
            Name = await ReadName(connection, cancellationToken);
            await using var listen = new NpgsqlCommand($"listen {Name}", connection);
            await listen.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Sending.DisposeAsync();
        await listening.DisposeAsync();
    }

    static async Task<string> ReadName(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        const string Make = """
            create table if not exists instance_channel (is_it boolean primary key default true check (is_it), name text not null);
            insert into instance_channel (name) values ('jobsystem_' || replace(gen_random_uuid()::text, '-', '')) on conflict do nothing
            """;
        await using var exists = new NpgsqlCommand("select to_regclass('instance_channel') is not null", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            await using var make = new NpgsqlCommand(Make, connection);
            await make.ExecuteNonQueryAsync(cancellationToken);
        }
        await using var read = new NpgsqlCommand("select name from instance_channel", connection);
        return (string?)await read.ExecuteScalarAsync(cancellationToken)
            ?? throw new InvalidOperationException("The table instance_channel is empty: drop it, and it is made again.");
    }
}
