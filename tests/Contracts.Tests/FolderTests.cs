using System.Text.RegularExpressions;

namespace JobSystem.Contracts.Tests;

/// <summary>Folders of a project are its parts: a namespace is a folder, and no folders use each other in a circle.</summary>
public sealed partial class FolderTests
{
    /// <summary>Projects whose folders are checked.</summary>
    public static TheoryData<string> Projects =>
    [
        "hosting/ServiceDefaults", "sdk/dotnet/Client", "sdk/dotnet/Client.EntityFrameworkCore", "sdk/dotnet/Hosting", "sdk/dotnet/Worker",
        "services/Executor", "services/JobApi", "services/Scheduler",
    ];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_AreFolders(string project) => Assert.All(Files(project), file =>
    {
        var expected = string.Join('.', FolderGraph.FolderOf(file.Path).Split('/', StringSplitOptions.RemoveEmptyEntries)
            .Prepend(RootOf(project)));
        Assert.True(Namespace().Match(file.Text) is not { Success: true } found
            || found.Groups[1].Value == expected, $"{project}/{file.Path}: expected namespace {expected}");
    });

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_DoNotUseEachOther(string project) => Assert.Equal([], new FolderGraph(RootOf(project), Files(project)).Pairs);

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_HaveNoCycle(string project) => Assert.Equal([], new FolderGraph(RootOf(project), Files(project)).Cycles);

    /// <summary>A global using would hide who uses whom.</summary>
    [Theory]
    [MemberData(nameof(Projects))]
    public void Projects_HaveNoGlobalUsingsOfTheirOwnFolders(string project) =>
        Assert.DoesNotContain($"<Using Include=\"{RootOf(project)}", SourceTree.Read(ProjectFile(project)), StringComparison.Ordinal);

    public static TheoryData<string, string, string[]> Knots => new()
    {
        { "using JobSystem.P.B; namespace JobSystem.P.A; class One;", "namespace JobSystem.P.B; class Two;", [] },
        { "using JobSystem.P.B;", "using JobSystem.P.A;", ["A and B use each other: A/1.cs and B/2.cs"] },
        { "using static JobSystem.P.B.Two;", "using Alias = JobSystem.P.A.One; class Two;", ["A and B use each other: A/1.cs and B/2.cs"] },
        { "class One { B.Two two; }", "class Two { P.A.One one; }", ["A and B use each other: A/1.cs and B/2.cs"] },
        { "class One { B.Unknown two; } // B.Two", "/* A.One */ class Two { string one = \"A.One\"; }", [] },
    };

    [Theory]
    [MemberData(nameof(Knots))]
    public void Pairs_OfTwoFolders_AreFound(string one, string two, string[] expected) =>
        Assert.Equal(expected, new FolderGraph("JobSystem.P", [("A/1.cs", one), ("B/2.cs", two)]).Pairs);

    [Theory]
    [InlineData("class One { Inner.Two two; }", "class Two;", 0)]
    [InlineData("class One;", "class Two { One one; }", 0)]
    [InlineData("class One { Inner.Two two; }", "class Two { One one; }", 1)]
    public void Pairs_OfAParentAndItsChild_AreFound(string parent, string child, int expected) =>
        Assert.Equal(expected, new FolderGraph("JobSystem.P", [("A/1.cs", parent), ("A/Inner/2.cs", child)]).Pairs.Count);

    [Fact]
    public void Cycles_OfThreeFolders_AreFound()
    {
        var graph = new FolderGraph("JobSystem.P",
        [
            ("Root.cs", "using JobSystem.P.A;"), ("A/1.cs", "using JobSystem.P.B;"), ("B/2.cs", "using JobSystem.P.C;"), ("C/3.cs",
                "using JobSystem.P.A;"),
            ("D/4.cs", "using JobSystem.P.A;"),
        ]);

        Assert.Empty(graph.Pairs);
        Assert.Equal(["A, B, C: A/1.cs uses B; B/2.cs uses C; C/3.cs uses A"], graph.Cycles);
    }

    static string ProjectFile(string project) => SourceTree.Files("*.csproj").Single(x => FolderGraph.FolderOf(x) == project);

    static string RootOf(string project) => $"JobSystem.{Path.GetFileNameWithoutExtension(ProjectFile(project))}";

    static IReadOnlyList<(string Path, string Text)> Files(string project) =>
        [.. SourceTree.Files("*.cs").Concat(SourceTree.Files("*.razor")).Where(x => x.StartsWith(project + "/", StringComparison.Ordinal))
            .Select(x => (x[(project.Length + 1)..], SourceTree.Read(x)))];

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
