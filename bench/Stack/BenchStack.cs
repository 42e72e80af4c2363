using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace JobSystem.Bench.Stack;

/// <summary>The stack under test: one that runs already, or one of our own that goes away with us.</summary>
public sealed class BenchStack : IAsyncDisposable
{
    readonly string? _ownData;
    readonly bool _temporary;

    BenchStack(StackEnv env, string? ownData, bool temporary) => (Env, _ownData, _temporary) = (env, ownData, temporary);

    public StackEnv Env { get; }
    public bool IsOwn => _ownData is not null;

    public static async Task<BenchStack> Open(BenchOptions options, CancellationToken ct)
    {
        if (options.EnvFile is { } file)
        {
            var env = StackEnv.Read(file);
            return new BenchStack(options.Url is { } url ? env with { Url = url } : env, null, false);
        }
        var temporary = options.Data is null;
        // Not CreateTempSubdirectory: the postgres user has to get into it.
        var data = Path.GetFullPath(options.Data ?? Path.Combine(Path.GetTempPath(), $"jobsystem-bench-{Guid.CreateVersion7():N}"));
        try
        {
            Console.Error.WriteLine($"starting a stack in {data} …");
            await Script(["up", "--data", data, "--port", Number(FreePort()), "--slots", Number(options.Slots),
                "--executors", Number(options.Executors), "--jobapis", Number(options.JobApis)], data, ct);
            return new BenchStack(StackEnv.Read(Path.Combine(data, "stack.env")), data, temporary);
        }
        catch
        {
            await TakeDown(data, temporary);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_ownData is not null)
        {
            Console.Error.WriteLine("taking the stack down …");
            await TakeDown(_ownData, _temporary);
        }
    }

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

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
