using System.Text;
using System.Text.RegularExpressions;
using JobSystem.Support;

namespace JobSystem.Packages.Tests;

/// <summary>docs/tutorial.md from an empty folder, as written: its files and its commands in their order.</summary>
[Collection(PackedPackagesCollection.Name)]
public sealed partial class When_the_tutorial_is_followed(PackedPackages packed, OutsideFolder outside) : IClassFixture<OutsideFolder>
{
    const string First = "http://127.0.0.1:5080";
    const string Second = "http://127.0.0.1:5081";

    /// <summary>A program that is run goes to the background, as in a terminal of its own; any failure ends the script, and all programs with it.</summary>
    const string Harness = """
        trap 'kill $(jobs -p) && wait' EXIT
        curl() { command curl --fail-with-body --max-time 60 "$@" || { echo "curl $*: failed" >&2; return 1; }; echo; }
        dotnet() {
            if [ "$1" != run ]; then command dotnet "$@"; return; fi
            command dotnet build -nologo -v q
            command dotnet bin/Debug/net10.0/shop.dll "${@:2}" >>program.log 2>&1 &
            for _ in {1..300}; do ! command curl -s -o answer "$3" || return 0; kill -0 $! || break; sleep 0.1; done
            cat program.log
            return 1
        }

        """;

    [Fact]
    public async Task Should_end_with_two_processes_and_their_jobs()
    {
        Assert.NotNull(packed.Folder);
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "tutorial.md"));
        var script = Script(page).Replace(First, $"http://127.0.0.1:{FreePort.Next()}", StringComparison.Ordinal)
            .Replace(Second, $"http://127.0.0.1:{FreePort.Next()}", StringComparison.Ordinal);

        var ended = await outside.Bash(outside.Empty("tutorial"), Harness + script);

        Assert.True(ended.ExitCode == 0, ended.Output);
        foreach (var expected in (string[])["""{"number":"R-7"}""", """{"number":"R-13"}""", "\"cron_expression\":\"0 3 * * *\"", "Passed:     2", """{"number":"R-21"}"""])
        {
            Assert.Contains(expected, ended.Output, StringComparison.Ordinal);
        }
    }

    /// <summary>Commands stay as they are; a block of C# below the name of a file becomes that file.</summary>
    static string Script(string page)
    {
        var script = new StringBuilder();
        foreach (Match block in Block().Matches(page))
        {
            var body = block.Groups["body"].Value;
            script.Append(block.Groups["language"].Value == "bash" ? body : $"cat >{block.Groups["file"].Value} <<'END_OF_FILE'\n{body}END_OF_FILE\n");
        }
        return script.ToString();
    }

    [GeneratedRegex(@"(^`(?<file>[\w.]+)`:\n\n)?^```(?<language>bash|csharp)\n(?<body>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
