using System.Text.RegularExpressions;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Readme;

/// <summary>README's fenced bash blocks, run as pasted, in a folder in which standalone has made its data folder.</summary>
[Collection(Standalone.Name)]
public sealed partial class When_the_readme_is_followed(Standalone system)
{
    // Adds nothing but an exit code: curl itself is content with any answer
    const string StrictCurl = """
        set -euo pipefail
        curl() { command curl --fail-with-body "$@" || { echo "curl $*: failed" >&2; return 1; }; echo; }

        """;

    [Fact]
    public async Task Should_work_line_by_line()
    {
        var script = string.Join(Environment.NewLine, BashBlocks.Of(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"))));
        Assert.InRange(Curl().Count(script), 5, 50);

        var environment = new Dictionary<string, string> { ["JOBSYSTEM_URL"] = system.Client.Address.ToString().TrimEnd('/'), ["JOBSYSTEM_ADMIN_KEY"] = "" };
        var ended = await Shell.Run(["bash", "-c", StrictCurl + script], environment, system.Folder.Path);

        Assert.True(ended.ExitCode == 0, ended.Output);
        Assert.Contains("\"completed\"", ended.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\s*curl\s", RegexOptions.Multiline)]
    private static partial Regex Curl();
}
