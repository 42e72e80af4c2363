using JobSystem.Journeys.Systems;
using JobSystem.Support;
using Repository = JobSystem.Journeys.Systems.Repository;

namespace JobSystem.Journeys.Readme;

/// <summary>The bash blocks of each document, run as pasted from top to bottom, on a system that was started for it with README's first command.</summary>
public sealed class When_the_documents_are_followed
{
    const string Start = "dotnet run --project standalone";

    /// <summary>
    /// Nothing but what a test needs around the text of a document: any failure ends the script, curl has an exit code, what was built is run
    /// instead of being built again, the system that is started goes to the background on a free port and ends with the script.
    /// </summary>
    const string Harness = """
        set -euo pipefail
        trap 'kill $(jobs -p); wait' EXIT
        curl() { command curl --fail-with-body "$@" || { echo "curl $*: failed" >&2; return 1; }; echo; }
        dotnet() {
            if [ "$*" = "run --project standalone" ]; then
                command dotnet "$STANDALONE" --urls "$JOBSYSTEM_URL" >standalone.log 2>&1 &
                for _ in {1..600}; do ! grep -q curl standalone.log || break; sleep 0.1; done
                cat standalone.log
            elif [ "${*:1:4}" = "run --project standalone --" ]; then command dotnet "$STANDALONE" "${@:5}"
            elif [[ ${3:-} = samples/* ]]; then
                local name ready="is connected to"; name=$(basename "$REPOSITORY/$3"/*.csproj .csproj)
                [[ $* != *--urls* ]] || ready="Application started"
                # Without a key nobody means a system elsewhere
                (if [ -z "${JOBSYSTEM_API_KEY:-}" ]; then unset JOBSYSTEM_URL; fi; exec dotnet "${STANDALONE//Standalone/$name}" "${@:4}") >"$name.log" 2>&1 &
                for _ in {1..600}; do ! grep -q "$ready" "$name.log" || return 0; sleep 0.1; done
                cat "$name.log"; return 1
            else echo "dotnet $*: unknown to the test" >&2; return 1; fi
        }

        """;

    /// <summary>The stack of a document is one of the test's own.</summary>
    const string StackScript = """
        #!/usr/bin/env bash
        [ "$1" != up ] || set -- "$@" --port "$STACK_PORT"
        exec "$STACK_SCRIPT" "$@" --data "$STACK_DATA"
        """;

    /// <summary>It is about packages; tests/Packages.Tests follow it.</summary>
    const string Tutorial = "docs/tutorial.md";

    public static TheoryData<string> Documents => [.. WithBlocks().Where(x => x != Tutorial)];

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Should_work_block_by_block(string page)
    {
        var blocks = BashBlocks.Runnable(Text(page)).ToList();
        using var folder = TemporaryFolder.Create("document");
        var stack = StackFolder.Create();
        try
        {
            await WriteStackScript(folder);
            var script = OnAFreePort(string.Join('\n', [Harness, .. blocks.Any(x => x.Split('\n')[0] == Start) ? blocks : [Start, .. blocks], "echo followed to its end"]));
            var ended = await Shell.Run(["bash", "-c", script], Environment(stack), folder.Path, TimeSpan.FromMinutes(15));
            Assert.True(ended.ExitCode == 0 && ended.Output.Contains("followed to its end", StringComparison.Ordinal), $"{page}: exit code {ended.ExitCode}\n{ended.Output}");
        }
        finally
        {
            await stack.Remove();
        }
    }

    [Fact]
    public void Should_be_more_than_the_readme() =>
        Assert.Superset(new HashSet<string> { "README.md", "docs/queues.md", "docs/schedules.md", "docs/many-jobs.md", "docs/security.md" }, WithBlocks().ToHashSet());

    [Fact]
    public void Should_leave_out_only_what_cannot_run_here() =>
        Assert.Equal(["it needs Docker.", "it needs a registry.", "it needs your PostgreSQL.", "it runs them.", "it takes an hour."], Pages().SelectMany(page => BashBlocks.Reasons(Text(page))).Order(StringComparer.Ordinal));

    [Fact]
    public void Should_have_no_commands_that_are_not_run() =>
        Assert.Empty(Pages().SelectMany(page => BashBlocks.InOtherNames(Text(page)).Select(block => $"{page}: {block}")));

    /// <summary>Nobody has these variables set.</summary>
    [Fact]
    public void Should_name_address_and_key_in_one_way() =>
        Assert.All(WithBlocks().SelectMany(page => BashBlocks.Runnable(Text(page))), block => Assert.DoesNotMatch(@"\$\{?(URL|KEY)\b", block));

    static IEnumerable<string> WithBlocks() => Pages().Where(page => BashBlocks.Runnable(Text(page)).Any());

    static IEnumerable<string> Pages() =>
        [
            "README.md",
            .. ((string[])["docs", "samples"]).SelectMany(x => Directory.EnumerateFiles(Path.Combine(Repository.Root, x), "*.md", SearchOption.AllDirectories))
                .Select(x => Path.GetRelativePath(Repository.Root, x)).Order(StringComparer.Ordinal),
        ];

    /// <summary>That of the samples.</summary>
    static string OnAFreePort(string script) => script.Replace("127.0.0.1:5080", $"127.0.0.1:{FreePort.Next()}", StringComparison.Ordinal);

    static string Text(string page) => File.ReadAllText(Path.Combine(Repository.Root, page));

    static async Task WriteStackScript(TemporaryFolder folder)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(folder.Path, "scripts")).FullName, "stack.sh");
        await File.WriteAllTextAsync(path, StackScript);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    static Dictionary<string, string> Environment(StackFolder stack) => new()
    {
        ["JOBSYSTEM_URL"] = $"http://127.0.0.1:{FreePort.Next()}",
        ["JOBSYSTEM_ADMIN_KEY"] = "",
        ["STANDALONE"] = Repository.Program("Standalone"),
        ["REPOSITORY"] = Repository.Root,
        ["STACK_SCRIPT"] = Repository.Script("stack.sh"),
        ["STACK_DATA"] = stack.Path,
        ["STACK_PORT"] = $"{FreePort.Next()}",
    };
}
