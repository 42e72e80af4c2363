using Npgsql;

namespace JobSystem.Journeys.Crashes;

/// <summary>What others do to a database that goes on running.</summary>
static class DatabaseFaults
{
    const string Database = "postgres";

    public static async Task<Struck> SessionsEnded(Scene scene)
    {
        await EndSessions(scene);
        return new([Database]);
    }

    public static async Task<Struck> TableLocked(Scene scene)
    {
        await using var source = NpgsqlDataSource.Create(Connection(scene, "jobsystem"));
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Run(connection, "lock table jobs in access exclusive mode");
        await Task.Delay(scene.Lasting);
        await transaction.RollbackAsync();
        return new([Database]);
    }

    public static Task<Struck> ReadOnly(Scene scene) =>
        Changed(scene, "alter database jobsystem set default_transaction_read_only = on", "alter database jobsystem reset default_transaction_read_only");

    public static Task<Struck> OutOfConnections(Scene scene) =>
        Changed(scene, "alter role jobsystem connection limit 3", "alter role jobsystem connection limit -1");

    /// <summary>Such settings are read when a session begins.</summary>
    static async Task<Struck> Changed(Scene scene, string worse, string better)
    {
        await using var source = NpgsqlDataSource.Create(Connection(scene, "postgres"));
        await using var connection = await source.OpenConnectionAsync();
        await Run(connection, worse);
        await EndSessions(scene);
        await Task.Delay(scene.Lasting);
        await Run(connection, better);
        await EndSessions(scene);
        return new([Database]);
    }

    static async Task EndSessions(Scene scene)
    {
        await using var source = NpgsqlDataSource.Create(Connection(scene, "postgres"));
        await using var connection = await source.OpenConnectionAsync();
        await Run(connection, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'jobsystem'");
    }

    static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    static string Connection(Scene scene, string database)
    {
        var url = new Uri(scene.Stack["JOBSYSTEM_POSTGRES"]);
        var login = url.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.Port,
            Username = login[0],
            Password = login[1],
            Database = database,
            Pooling = false
        }.ConnectionString;
    }
}
