using JobSystem.ServiceDefaults.Postgres;
using Npgsql;

namespace JobSystem.Hosting.OneProcess;

/// <summary>A schema of a PostgreSQL database, which any number of processes have in common.</summary>
sealed class PostgresData : SystemData
{
    readonly NpgsqlConnectionStringBuilder connection;
    readonly DataFolder? keys;

    /// <param name="connection">Validated.</param>
    /// <param name="schema">Null for what the connection says.</param>
    /// <param name="adminKey">Default: the one of the folder, or one that nobody knows.</param>
    /// <param name="keys">The folder with keys. Default: they are made for this process.</param>
    public PostgresData(string connection, string? schema, string? adminKey, DataFolder? keys = null)
    {
        this.connection = new(PostgresUrl.ToConnectionString(connection));
        this.connection.SearchPath = schema ?? this.connection.SearchPath;
        this.keys = keys;
        AdminKey = adminKey is { Length: > 0 } ? adminKey : keys?.AdminKey ?? NewAdminKey();
        SigningKey = keys?.SigningKey ?? NewSecret();
    }

    public override string AdminKey { get; }

    public override string SigningKey { get; }

    public override string? Folder => keys?.Folder;

    public override IEnumerable<KeyValuePair<string, string?>> Settings =>
        [new(PostgresUrl.Setting, connection.ConnectionString), .. keys?.Settings ?? []];

    public override string Describe() =>
        $"PostgreSQL {connection.Host}:{connection.Port}/{connection.Database}{(connection.SearchPath is { } schema ? $", schema {schema}" : "")}";

    public override void Dispose()
    {
        keys?.Dispose();
        base.Dispose();
    }
}
