using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace JobSystem.Contracts.Tests;

/// <summary>Who may know whom. The rules are those of docs/architecture.md; a project in a new place needs a rule first.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>Folder of a project, and the folders that it may reference. The longest folder that fits decides.</summary>
    static readonly (string Folder, string[] May)[] rules =
    [
        ("api/", []),
        ("contracts/", []),
        ("hosting/", ["hosting/"]),
        ("services/", ["api/", "contracts/", "hosting/"]),
        ("services/Executor/", ["contracts/", "hosting/", "sdk/dotnet/Worker.RabbitMQ/"]),
        ("gateway/", ["hosting/"]),
        ("sdk/dotnet/Abstractions/", []),
        ("sdk/dotnet/Worker/", ["contracts/", "sdk/dotnet/Abstractions/", "sdk/dotnet/Client/"]),
        ("sdk/dotnet/Worker.RabbitMQ/", ["sdk/dotnet/Worker/"]),
        ("sdk/dotnet/Client/", ["api/", "sdk/dotnet/Abstractions/"]),
        ("sdk/dotnet/Hosting/", ["hosting/", "sdk/dotnet/", "services/"]),
        ("sdk/dotnet/Templates/", []),
        ("sdk/dotnet/Client.EntityFrameworkCore/", ["sdk/dotnet/Client/"]),
        ("sdk/dotnet/Testing/", ["contracts/", "sdk/dotnet/", "services/"]),
        ("cli/", ["sdk/dotnet/Client/"]),
        ("samples/", ["sdk/dotnet/"]),
        ("standalone/", [""]),
        ("bench/", [""]),
        ("tests/", [""]),
    ];

    public static TheoryData<string> Projects => new(SourceTree.Files("*.csproj"));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_OnlyWhatItMay(string project)
    {
        var rule = rules.Where(x => project.StartsWith(x.Folder, StringComparison.Ordinal)).MaxBy(x => x.Folder.Length);
        Assert.True(rule.Folder is not null, $"{project}: decide what it may reference, and add that here and to docs/architecture.md");
        Assert.All(References(project), reference => Assert.True(
            rule.May.Any(may => reference.StartsWith(may, StringComparison.Ordinal)),
            $"{project} references {reference}; {rule.Folder} may reference: {string.Join(", ", rule.May)}"));
    }

    [Theory]
    [InlineData("api/Api.csproj")]
    [InlineData("contracts/Contracts.csproj")]
    [InlineData("sdk/dotnet/Abstractions/Abstractions.csproj")]
    public void WhatOthersCompileAgainst_Needs_NoPackages(string project) => Assert.Empty(XDocument.Parse(SourceTree.Read(project)).Descendants("PackageReference"));

    /// <summary>A container takes one bus; a service that brought its own could not live beside others in one process.</summary>
    [Fact]
    public void Services_Never_CallAddMassTransit() => Assert.All(Sources("services/"), path =>
        Assert.False(
            AddMassTransit().IsMatch(SourceTree.Read(path)),
            $"{path} calls AddMassTransit; offer Add…Consumers and Configure…Endpoints, the host composes them"));

    [Fact]
    public void Executor_Has_NoDatabase() => Assert.All(["services/Executor/Executor.csproj", "sdk/dotnet/Worker/Worker.csproj"], project =>
        Assert.DoesNotMatch("Npgsql|EntityFramework|Sqlite", SourceTree.Read(project)));

    /// <summary>Settings files of several web projects collide when one process publishes them all.</summary>
    [Fact]
    public void Projects_Have_NoSettingsFiles() => Assert.Empty(SourceTree.Files("appsettings*.json"));

    /// <summary>Every web project has a Program of its own, so none may be named from outside.</summary>
    [Fact]
    public void Standalone_Names_NoProgram() => Assert.All(Sources("standalone/"), path =>
        Assert.DoesNotMatch(@"\bProgram\b", SourceTree.Read(path)));

    [Fact]
    public void Programs_AreShort() => Assert.All(
        SourceTree.Files("Program.cs").Where(x => ((string[])["services/", "gateway/"]).Any(part => x.StartsWith(part, StringComparison.Ordinal))),
        path => Assert.True(SourceTree.Read(path).Split('\n').Length <= 21, $"{path} has more than 20 lines"));

    static List<string> Sources(string folder)
    {
        var files = SourceTree.Files("*.cs").Where(x => x.StartsWith(folder, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(files);
        return files;
    }

    static IEnumerable<string> References(string project)
    {
        var folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, project))!;
        return XDocument.Parse(SourceTree.Read(project)).Descendants("ProjectReference")
            .Select(x => Path.GetFullPath(Path.Combine(folder, x.Attribute("Include")!.Value.Replace('\\', '/'))))
            .Select(x => Path.GetRelativePath(SourceTree.Root, x).Replace('\\', '/'));
    }

    [GeneratedRegex(@"\bAddMassTransit\w*\s*[(<]")]
    private static partial Regex AddMassTransit();
}
