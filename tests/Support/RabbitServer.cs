using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;

namespace JobSystem.Support;

/// <summary>
/// A private RabbitMQ with management, with its own home, node name, ports, epmd and cookie, all on loopback. <see cref="Shared"/> is started
/// once per test process, or is the broker that <c>JOBSYSTEM_TEST_RABBITMQ</c> names (management: <c>JOBSYSTEM_TEST_RABBITMQ_MANAGEMENT</c>, default port 15672 beside it).
/// </summary>
public sealed class RabbitServer : IAsyncDisposable
{
    static readonly Lazy<Task<RabbitServer>> SharedServer = new(() =>
        Environment.GetEnvironmentVariable("JOBSYSTEM_TEST_RABBITMQ") is { Length: > 0 } url ? Task.FromResult(External(new(url))) : StartPrivate());

    readonly HttpClient _management;
    readonly TemporaryFolder? _folder;
    readonly int _epmdPort = FreePort.Next();
    readonly int _distributionPort = FreePort.Next();
    WatchedProcess? _epmd;
    WatchedProcess? _process;

    RabbitServer(Uri url, Uri management, TemporaryFolder? folder)
    {
        (Url, ManagementUrl, _folder) = (url, management, folder);
        var (user, password) = Connection.Credentials(url);
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        _management = new() { BaseAddress = management, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", credentials) } };
    }

    /// <summary>An administrator's URL of the default virtual host.</summary>
    public Uri Url { get; }

    public Uri ManagementUrl { get; }

    /// <summary>Client of the management API, with credentials; its paths begin with <c>api/</c>.</summary>
    public HttpClient Management => _management;

    /// <summary>Process id of the broker.</summary>
    public int ProcessId => Running.Id;

    WatchedProcess Running => _process ?? throw new InvalidOperationException("this broker was not started by the tests, or it is stopped");

    public static Task<RabbitServer> Shared() => SharedServer.Value;

    /// <summary>Starts a broker that belongs to the caller, for tests that stop or measure it.</summary>
    public static async Task<RabbitServer> StartPrivate()
    {
        var folder = TemporaryFolder.Create("rabbitmq");
        var url = new Uri($"amqp://guest:guest@127.0.0.1:{FreePort.Next()}/");
        var server = new RabbitServer(url, new($"http://127.0.0.1:{FreePort.Next()}/"), folder);
        await server.Start();
        return server;
    }

    /// <summary>Starts the broker again after <see cref="Stop"/> or <see cref="Kill"/>, on the same ports and data.</summary>
    public async Task Start()
    {
        await WriteConfiguration();
        _epmd ??= await WatchedProcess.Start(new(["epmd", "-port", _epmdPort.ToString(CultureInfo.InvariantCulture), "-address", "127.0.0.1"], LogFile));
        _process = await WatchedProcess.Start(new([Programs.RabbitServer()], LogFile) { Environment = Variables });
        await Eventually.Holds(Answers, TimeSpan.FromSeconds(90), "RabbitMQ answers");
    }

    public Task Stop() => End(SignalNumber.Terminate);

    public Task Kill() => End(SignalNumber.Kill);

    public async Task<TestVirtualHost> CreateVirtualHost()
    {
        var name = "t" + Guid.CreateVersion7().ToString("N");
        await Put($"api/vhosts/{name}", new { });
        await Put($"api/permissions/{name}/{Connection.Credentials(Url).User}", new { configure = ".*", write = ".*", read = ".*" });
        return new(this, name);
    }

    public async ValueTask DisposeAsync()
    {
        await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_epmd?.DisposeAsync() ?? ValueTask.CompletedTask);
        _management.Dispose();
        _folder?.Dispose();
    }

    internal async Task DeleteVirtualHost(string name)
    {
        using var answer = await _management.DeleteAsync($"api/vhosts/{name}");
        answer.EnsureSuccessStatusCode();
    }

    static RabbitServer External(Uri url)
    {
        var management = Environment.GetEnvironmentVariable("JOBSYSTEM_TEST_RABBITMQ_MANAGEMENT");
        return new(url, new(management is { Length: > 0 } ? management : $"http://{url.Host}:15672/"), null);
    }

    string LogFile => _folder!.At("rabbitmq.log");

    // Run as if under systemd: the start script then becomes the broker, so that the process id is the broker's own.
    Dictionary<string, string> Variables => new()
    {
        ["HOME"] = _folder!.Path,
        ["ERL_EPMD_PORT"] = _epmdPort.ToString(CultureInfo.InvariantCulture),
        ["RABBITMQ_NODENAME"] = $"t{Url.Port}@localhost",
        ["RABBITMQ_DIST_PORT"] = _distributionPort.ToString(CultureInfo.InvariantCulture),
        ["RABBITMQ_CONFIG_FILE"] = _folder.At("rabbitmq.conf"),
        ["RABBITMQ_CONF_ENV_FILE"] = _folder.At("none.conf"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = _folder.At("enabled_plugins"),
        ["RABBITMQ_MNESIA_BASE"] = _folder.At("mnesia"),
        ["RABBITMQ_LOG_BASE"] = _folder.At("log"),
        ["RABBITMQ_LOGS"] = "-",
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
        ["RUNNING_UNDER_SYSTEMD"] = "true",
    };

    async Task WriteConfiguration()
    {
        var configuration = $"""
            listeners.tcp.1 = 127.0.0.1:{Url.Port}
            management.tcp.ip = 127.0.0.1
            management.tcp.port = {ManagementUrl.Port}
            log.console.level = warning
            disk_free_limit.absolute = 50MB
            """;
        await File.WriteAllTextAsync(_folder!.At("rabbitmq.conf"), configuration);
        await File.WriteAllTextAsync(_folder.At("enabled_plugins"), "[rabbitmq_management].");
    }

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
            throw new InvalidOperationException($"RabbitMQ ended: {await File.ReadAllTextAsync(LogFile)}");
        }

        try
        {
            // The listeners open last, so a listening port is a broker that has booted.
            using var answer = await _management.GetAsync($"api/health/checks/port-listener/{Url.Port}");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    async Task Put(string path, object body)
    {
        using var answer = await _management.PutAsJsonAsync(path, body);
        answer.EnsureSuccessStatusCode();
    }
}

/// <summary>A virtual host that only one test uses; deleted when disposed.</summary>
public sealed class TestVirtualHost(RabbitServer server, string name) : IAsyncDisposable
{
    public string Name => name;

    /// <summary>As the services take it in <c>JOBSYSTEM_RABBITMQ</c>.</summary>
    public string Url => new UriBuilder(server.Url) { Path = name }.Uri.ToString();

    public async ValueTask DisposeAsync() => await server.DeleteVirtualHost(name);
}
