using System.Globalization;
using Npgsql;

namespace JobSystem.Support;

/// <summary>
/// A private PostgreSQL on a random loopback port, in a folder of its own. <see cref="Shared"/> is started once per test process,
/// or is the server that <c>JOBSYSTEM_TEST_POSTGRES</c> names.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    static readonly Lazy<Task<PostgresServer>> SharedServer = new(() =>
        Environment.GetEnvironmentVariable("JOBSYSTEM_TEST_POSTGRES") is { Length: > 0 } url
            ? Task.FromResult(new PostgresServer(new Uri(url), null, []))
            : StartPrivate());

    readonly TemporaryFolder? _folder;
    readonly IReadOnlyList<string> _settings;
    WatchedProcess? _process;

    PostgresServer(Uri url, TemporaryFolder? folder, IReadOnlyList<string> settings) => (Url, _folder, _settings) = (url, folder, settings);

    /// <summary>A superuser's URL; its database is for administration only.</summary>
    public Uri Url { get; }

    /// <summary>Process id of the postmaster.</summary>
    public int ProcessId => Running.Id;

    WatchedProcess Running => _process ?? throw new InvalidOperationException("this server was not started by the tests, or it is stopped");

    public static Task<PostgresServer> Shared() => SharedServer.Value;

    /// <summary>Starts a server that belongs to the caller, for tests that stop or measure it.</summary>
    /// <param name="durable">True: fsync and synchronous commit are on.</param>
    /// <param name="settings">More settings, as <c>name=value</c>.</param>
    public static async Task<PostgresServer> StartPrivate(bool durable = false, params string[] settings)
    {
        var folder = TemporaryFolder.Create("postgres");
        var owner = Environment.IsPrivilegedProcess ? "postgres" : Environment.UserName;
        await Programs.Run("install", "-d", "-m", "700", "-o", owner, folder.At("data"));
        await Programs.Run([.. AsPostgres, Programs.Postgres("initdb"), "-D", folder.At("data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        string[] durability = durable ? ["fsync=on"] : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        var url = new Uri($"postgresql://postgres@127.0.0.1:{FreePort.Next()}/postgres");
        var server = new PostgresServer(url, folder, [.. durability, .. settings]);
        await server.Start();
        return server;
    }

    /// <summary>Starts the server again after <see cref="Stop"/> or <see cref="Crash"/>, on the same port and data.</summary>
    public async Task Start()
    {
        List<string> arguments = [.. AsPostgres, Programs.Postgres("postgres"), "-D", _folder!.At("data"), "-p", Url.Port.ToString(CultureInfo.InvariantCulture)];
        string[] fixedSettings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=300", "dynamic_shared_memory_type=mmap"];
        foreach (var setting in fixedSettings.Concat(_settings))
        {
            arguments.AddRange(["-c", setting]);
        }

        _process = await WatchedProcess.Start(new(arguments, LogFile, "QUIT"));
        await Eventually.Holds(Answers, TimeSpan.FromSeconds(60), "PostgreSQL answers");
    }

    /// <summary>Fast shutdown, as <c>pg_ctl stop -m fast</c>: sessions are ended with 57P01, the data is clean.</summary>
    public Task Stop() => End(SignalNumber.Interrupt);

    /// <summary>Immediate shutdown, as a crash: the next start recovers from the log.</summary>
    public Task Crash() => End(SignalNumber.Quit);

    /// <summary>Stops the clock of the server (SIGSTOP) or lets it go on.</summary>
    public void Send(SignalNumber signal) => Running.Send(signal);

    /// <summary>What the server has written to its log so far.</summary>
    public Task<string> Log() => File.ReadAllTextAsync(LogFile);

    public async Task<TestDatabase> CreateDatabase()
    {
        var name = "t" + Guid.CreateVersion7().ToString("N");
        await using var source = NpgsqlDataSource.Create(Connection.PostgresString(Url) + ";Pooling=false");
        await using var command = source.CreateCommand($"create database {name}");
        await command.ExecuteNonQueryAsync();
        return new(this, name);
    }

    public async ValueTask DisposeAsync()
    {
        await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder?.Dispose();
    }

    /// <summary>A private server takes its databases with it; dropping one costs a checkpoint.</summary>
    internal async Task DropDatabase(string name)
    {
        if (_folder is not null)
        {
            return;
        }

        await using var source = NpgsqlDataSource.Create(Connection.PostgresString(Url) + ";Pooling=false");
        await using var command = source.CreateCommand($"drop database if exists {name} with (force)");
        await command.ExecuteNonQueryAsync();
    }

    static string[] AsPostgres => Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : [];

    string LogFile => _folder!.At("postgres.log");

    async Task End(SignalNumber signal)
    {
        Running.Send(signal);
        await Running.Exited();
        await Running.DisposeAsync();
        _process = null;
    }

    async Task<bool> Answers()
    {
        if (Running.HasExited)
        {
            throw new InvalidOperationException($"PostgreSQL ended: {await File.ReadAllTextAsync(LogFile)}");
        }

        try
        {
            await using var connection = new NpgsqlConnection(Connection.PostgresString(Url) + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}

/// <summary>A database that only one test uses.</summary>
public sealed class TestDatabase(PostgresServer server, string name) : IAsyncDisposable
{
    public string Name => name;

    /// <summary>As the services take it in <c>JOBSYSTEM_POSTGRES</c>.</summary>
    public string Url => new UriBuilder(server.Url) { Path = name }.Uri.ToString();

    public string ConnectionString => Connection.PostgresString(new Uri(Url));

    public ValueTask DisposeAsync() => new(server.DropDatabase(name));
}
