using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace JobSystem.Bench.Stack;

/// <summary>The stack under test: one that runs already, or one of our own that goes away with us.</summary>
public sealed class BenchStack : IAsyncDisposable
{
    static readonly string[] Servers = ["postgres", "rabbitmq", "epmd"];

    readonly bool _temporary;
    readonly BenchOptions _options;

    BenchStack(StackEnv env, string folder, bool isOwn, bool temporary, BenchOptions options) =>
        (Env, Folder, IsOwn, _temporary, _options) = (env, folder, isOwn, temporary, options);

    public StackEnv Env { get; }
    public bool IsOwn { get; }

    /// <summary>A folder for what the bench itself needs: that of its own stack, or a temporary one if the stack was given.</summary>
    public string Folder { get; }

    public static async Task<BenchStack> Open(BenchOptions options, CancellationToken ct)
    {
        if (options.EnvFile is { } file)
        {
            var env = StackEnv.Read(file);
            return new BenchStack(options.Url is { } url ? env with { Url = url } : env,
                Directory.CreateDirectory(TemporaryFolder()).FullName, isOwn: false, temporary: true, options);
        }
        var temporary = options.Data is null;
        var data = Path.GetFullPath(options.Data ?? TemporaryFolder());
        try
        {
            Console.Error.WriteLine($"starting a stack in {data} …");
            await Script(["up", "--data", data, "--port", Number(FreePort()), "--slots", Number(options.Slots),
                "--executors", Number(options.Executors), "--jobapis", Number(options.JobApis)], data, ct);
            return new BenchStack(StackEnv.Read(Path.Combine(data, "stack.env")), data, isOwn: true, temporary, options);
        }
        catch
        {
            await TakeDown(data, temporary);
            throw;
        }
    }

    /// <summary>Starts the services, if they are ours, with so many slots per executor, and returns when all are ready.</summary>
    public async Task StartServices(int slots, CancellationToken ct)
    {
        if (IsOwn)
        {
            await Script(["up", "--data", Folder, "--slots", Number(slots),
                "--executors", Number(_options.Executors), "--jobapis", Number(_options.JobApis)], Folder, ct);
        }
    }

    /// <summary>Stops the services, if they are ours; PostgreSQL and RabbitMQ go on.</summary>
    public async Task StopServices(CancellationToken ct)
    {
        if (!IsOwn)
        {
            return;
        }
        var names = Directory.GetFiles(Path.Combine(Folder, "pids"), "*.pid").Select(file => Path.GetFileNameWithoutExtension(file));
        foreach (var name in names.Except(Servers).Order(StringComparer.Ordinal))
        {
            await Script(["stop", name, "--data", Folder], Folder, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (IsOwn)
        {
            Console.Error.WriteLine("taking the stack down …");
        }
        await TakeDown(Folder, _temporary);
    }

    // Not CreateTempSubdirectory: the postgres user has to get into it.
    static string TemporaryFolder() => Path.Combine(Path.GetTempPath(), $"jobsystem-bench-{Guid.CreateVersion7():N}");

    static async Task TakeDown(string data, bool temporary)
    {
        // without it "up" did not get far enough for anything to run
        if (File.Exists(Path.Combine(data, "stack.conf")))
        {
            await Script(["down", "--data", data], data, CancellationToken.None);
        }
        if (temporary && Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>In a session of its own, so that Ctrl-C reaches only us and the services end in order; output to a file, because services inherit it.</summary>
    static async Task Script(string[] arguments, string data, CancellationToken ct)
    {
        var log = data + ".log";
        var start = new ProcessStartInfo("setsid") { WorkingDirectory = RepositoryRoot() };
        foreach (var argument in (string[])["--wait", "bash", "-c", "exec scripts/stack.sh \"$@\" > \"$0\" 2>&1 < /dev/null", log, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }
        using var process = Process.Start(start)!;
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"scripts/stack.sh {arguments[0]} ended with {process.ExitCode}:\n{await File.ReadAllTextAsync(log, CancellationToken.None)}");
        }
        File.Delete(log);
    }

    public static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "JobSystem.sln")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException("bench has to run from the repository: no JobSystem.sln above " + AppContext.BaseDirectory);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
