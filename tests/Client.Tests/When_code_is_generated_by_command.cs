using System.Diagnostics;
using JobSystem.Support;

namespace JobSystem.Client.Tests;

/// <summary>The command <c>generate</c> of the standalone system, as a process of its own.</summary>
[Collection(nameof(ClientHost))]
public sealed class When_code_is_generated_by_command(ClientHost host)
{
    static readonly string program = Path.Combine(
        Repository.Root, "artifacts", "bin", "Standalone", new DirectoryInfo(AppContext.BaseDirectory).Name, "JobSystem.Standalone.dll");

    [Fact]
    public async Task Should_write_a_file_of_the_tasks_that_were_asked_for()
    {
        using var folder = TemporaryFolder.Create("generated");
        var file = Path.Combine(folder.Path, "jobs", "Jobs.cs");

        var (exit, output, error) = await Run("csharp", "--url", host.Url, "--key", host.AdminKey, "--namespace", "Shop.Jobs", "--output", file, "--task", "make_note");

        Assert.Equal((0, $"{file}: 1 tasks\n", ""), (exit, output, error));
        var code = await File.ReadAllTextAsync(file);
        Assert.Contains("namespace Shop.Jobs;", code, StringComparison.Ordinal);
        Assert.Contains("[Job(\"make_note\")]\npublic sealed partial record MakeNote : IJob\n", code, StringComparison.Ordinal);
        Assert.DoesNotContain("MakeFullInvoice", code, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_say_what_to_do_about_what_is_wrong()
    {
        var wrongKey = await Run("csharp", "--url", host.Url, "--key", "js_wrong");
        var wrongUrl = await Run("typescript", "--url", "http://127.0.0.1:1", "--key", "js_wrong");
        var nothing = await Run("csharp");
        var wrongTask = await Run("csharp", "--url", host.Url, "--key", host.AdminKey, "--task", "nope");
        var wrongNamespace = await Run("csharp", "--url", host.Url, "--key", host.AdminKey, "--namespace", "Shop.class");

        Assert.Equal([1, 1, 1, 1, 1], new[] { wrongKey, wrongUrl, nothing, wrongTask, wrongNamespace }.Select(x => x.Exit));
        Assert.StartsWith("The API key is not valid. Check ApiKey (JOBSYSTEM_API_KEY)", wrongKey.Error, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:1/", wrongUrl.Error, StringComparison.Ordinal);
        Assert.Contains("Url (JOBSYSTEM_URL): expected the address of JobSystem", nothing.Error, StringComparison.Ordinal);
        Assert.StartsWith("--task: no worker has announced nope; there are ", wrongTask.Error, StringComparison.Ordinal);
        Assert.StartsWith("--namespace: expected a namespace such as Shop.Jobs; got 'Shop.class'", wrongNamespace.Error, StringComparison.Ordinal);
    }

    static async Task<(int Exit, string Output, string Error)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [program, "generate", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("JOBSYSTEM_URL");
        start.Environment.Remove("JOBSYSTEM_API_KEY");
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output, await error);
    }
}
