using JobSystem.Support;

namespace JobSystem.Journeys.Systems;

/// <summary>A process of standalone, which starts again on the same port.</summary>
/// <param name="logFile">What it prints.</param>
/// <param name="options">Of its command line.</param>
/// <param name="settings">Its environment.</param>
sealed class StandaloneProcess(string logFile, IReadOnlyList<string> options, IReadOnlyDictionary<string, string> settings)
{
    readonly int port = FreePort.Next();
    WatchedProcess? process;

    public Uri Address => new($"http://127.0.0.1:{port}");

    WatchedProcess Running => process ?? throw new InvalidOperationException("not running");

    /// <summary>Returns when it answers ready.</summary>
    public async Task Launch(int slots)
    {
        // A shell without job control starts its background processes deaf to Ctrl-C; env gives them their hearing back.
        process = await WatchedProcess.Start(new(
            [
                "env", "--default-signal=INT,QUIT", "dotnet", Repository.Program("Standalone"), "--urls", Address.ToString(), "--slots", $"{slots}", .. options,
            ], logFile)
        {
            // an empty key is none: the process makes its own and keeps it in its data folder
            Environment = new Dictionary<string, string>(settings) { ["JOBSYSTEM_ADMIN_KEY"] = "" },
        });
        await Ready();
    }

    /// <summary>kill -9.</summary>
    public Task Kill() => End(SignalNumber.Kill, TimeSpan.FromSeconds(5));

    /// <summary>Ctrl-C; fails when the process needs longer than its drain time and a little.</summary>
    public Task Interrupt() => End(SignalNumber.Interrupt, TimeSpan.FromSeconds(8));

    public void Signal(SignalNumber signal) => Running.Send(signal);

    /// <summary>Starts it if a test has ended it. Throws when it has ended by itself.</summary>
    public async Task Heal(int slots)
    {
        if (process is null)
        {
            await Launch(slots);
            return;
        }
        Assert.False(process.HasExited, "standalone has ended by itself");
        await Ready();
    }

    public async Task Stop()
    {
        await (process?.DisposeAsync() ?? ValueTask.CompletedTask);
        process = null;
    }

    async Task End(SignalNumber signal, TimeSpan within)
    {
        Running.Send(signal);
        using var deadline = new CancellationTokenSource(within);
        await Running.Exited(deadline.Token);
        await Stop();
    }

    async Task Ready()
    {
        using var http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(2) };
        await Eventually.Passes(async () =>
        {
            Assert.False(Running.HasExited, $"standalone ended: {await File.ReadAllTextAsync(logFile)}");
            using var answer = await http.GetAsync("health/ready");
            answer.EnsureSuccessStatusCode();
        }, TimeSpan.FromSeconds(60));
    }
}
