using JobSystem.Support;

namespace JobSystem.Documents.Tests;

/// <summary>A program of this repository, as it was built, in a folder that the test has.</summary>
sealed class RunningProgram : IAsyncDisposable
{
    readonly WatchedProcess process;
    readonly string log;

    RunningProgram(WatchedProcess process, string log) => (this.process, this.log) = (process, log);

    /// <summary>Everything that it has printed.</summary>
    public string Output => File.Exists(log) ? File.ReadAllText(log) : "";

    /// <summary>Starts a program, and returns when it has printed a text.</summary>
    public static async Task<RunningProgram> Start(string project, TemporaryFolder folder, string readyText, Dictionary<string, string> environment, params string[] arguments)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var program = Path.Combine(Repository.Root, "artifacts", "bin", project, configuration, $"JobSystem.{project}.dll");
        var log = folder.At($"{project}.log");
        var started = new RunningProgram(await WatchedProcess.Start(new(["dotnet", program, .. arguments], log) { Environment = environment }), log);
        await Eventually.Holds(
            () => !started.process.HasExited ? started.Output.Contains(readyText, StringComparison.Ordinal) : throw new InvalidOperationException($"{project} ended: {started.Output}"),
            what: $"{project} prints {readyText}");
        return started;
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
