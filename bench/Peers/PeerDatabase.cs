using JobSystem.Bench.Meters;
using JobSystem.Bench.Stack;
using Npgsql;

namespace JobSystem.Bench.Peers;

/// <summary>A database of the peer's own on the stack's PostgreSQL server. It is made for a turn and dropped after it.</summary>
public sealed class PeerDatabase : IAsyncDisposable
{
    readonly StackEnv env;
    readonly string name;

    PeerDatabase(StackEnv env, string name) => (this.env, this.name) = (env, name);

    public string ConnectionString => new NpgsqlConnectionStringBuilder(env.Postgres) { Database = name }.ConnectionString;

    /// <summary>The address in the form that the clients of other languages take.</summary>
    public string Url
    {
        get
        {
            var settings = new NpgsqlConnectionStringBuilder(env.Postgres);
            var login = $"{Uri.EscapeDataString(settings.Username ?? "postgres")}:{Uri.EscapeDataString(settings.Password ?? "")}";
            return $"postgresql://{login}@{settings.Host}:{settings.Port}/{name}";
        }
    }

    public static async Task<PeerDatabase> Create(StackEnv env, string name, CancellationToken ct)
    {
        var database = new PeerDatabase(env, "jobsystem_bench_" + name.Replace('-', '_'));
        await PostgresServer.Execute(env, $"drop database if exists {database.name} with (force)", ct);
        await PostgresServer.Execute(env, $"create database {database.name}", ct);
        return database;
    }

    public async ValueTask DisposeAsync() =>
        await PostgresServer.Execute(env, $"drop database {name} with (force)", CancellationToken.None);
}
