using Npgsql;

namespace JobSystem.Bench.Stack;

/// <summary>Where a running stack is: what its <c>stack.env</c> says.</summary>
public sealed record StackEnv
{
    public required Uri Url { get; init; }
    public required string AdminKey { get; init; }

    /// <summary>Npgsql's form.</summary>
    public required string Postgres { get; init; }
    public required Uri RabbitMq { get; init; }
    public required Uri Management { get; init; }
    public required string BrokerUser { get; init; }
    public required string BrokerPassword { get; init; }

    /// <summary>Where the pid files are; null when the stack's folder is not known.</summary>
    public string? PidDirectory { get; init; }

    public static StackEnv Read(string file)
    {
        var values = File.ReadLines(file)
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && line[0] != '#' && line.Contains('=', StringComparison.Ordinal))
            .Select(line => (line.StartsWith("export ", StringComparison.Ordinal) ? line[7..] : line).Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1].Trim('"', '\''));
        string Value(string name) => values.TryGetValue(name, out var value) ? value : throw new InvalidDataException($"{file} has no {name}");
        return new StackEnv
        {
            Url = new Uri(Value("JOBSYSTEM_URL")),
            AdminKey = Value("JOBSYSTEM_ADMIN_KEY"),
            Postgres = ConnectionString(Value("JOBSYSTEM_POSTGRES")),
            RabbitMq = new Uri(Value("JOBSYSTEM_RABBITMQ")),
            Management = new Uri(Value("JOBSYSTEM_RABBITMQ_MANAGEMENT")),
            BrokerUser = Value("JOBSYSTEM_RABBITMQ_USER"),
            BrokerPassword = Value("JOBSYSTEM_RABBITMQ_PASSWORD"),
            PidDirectory = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "pids"),
        };
    }

    static string ConnectionString(string value)
    {
        if (!value.StartsWith("postgres", StringComparison.Ordinal) || !Uri.TryCreate(value, UriKind.Absolute, out var uri))
        {
            return value;
        }
        var login = uri.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.Port > 0 ? uri.Port : 5432,
            Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')),
            Username = Uri.UnescapeDataString(login[0]),
            Password = login.Length > 1 ? Uri.UnescapeDataString(login[1]) : null,
        }.ConnectionString;
    }
}
