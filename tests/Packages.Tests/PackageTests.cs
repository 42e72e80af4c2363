using System.Reflection.PortableExecutable;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using JobSystem.Support;

namespace JobSystem.Packages.Tests;

/// <summary>What is in the packages.</summary>
[Collection(PackedPackagesCollection.Name)]
public sealed partial class PackageTests(PackedPackages packed)
{
    public static TheoryData<string> Packages => [.. PackedPackages.Names];

    [Fact]
    public void Folder_HasThePackages_AndNothingElse()
    {
        var version = packed.Open(PackedPackages.Names[0]).Version;
        Assert.Equal(
            PackedPackages.Names.SelectMany(x => (string[])[$"{x}.{version}.nupkg", $"{x}.{version}.snupkg"])
                .Append($"{PackedPackages.Templates}.{version}.nupkg").Order(StringComparer.Ordinal),
            Directory.GetFiles(packed.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(PackedPackages.Templates)]
    [MemberData(nameof(Packages))]
    public void Metadata_SaysWhatAFeedShows(string name)
    {
        var package = packed.Open(name);
        Assert.Equal(("Apache-2.0", "expression"), (package.Value("license"), package.Element("license")!.Attribute("type")?.Value));
        Assert.Matches("^.{60,300}$", package.Value("description"));
        Assert.Contains("jobsystem", package.Value("tags")!.Split(' '));
        Assert.Equal("JobSystem contributors", package.Value("authors"));
        // Its address belongs into a package only when it is made for others: CONTRIBUTING.md
        Assert.Null(package.Element("repository")?.Attribute("url"));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Files_AreTheLibrary_AndWhatDescribesIt(string name)
    {
        var package = packed.Open(name);
        Assert.Equal([$"{name}.nuspec", "README.md", "icon.png", .. Libraries(name).Select(x => $"lib/net10.0/{x}").Append($"lib/net10.0/{name}.xml").Order(StringComparer.Ordinal)], package.Names);
        Assert.Equal([$"{name}.nuspec", $"lib/net10.0/{name}.pdb"], package.Symbols.Names);
        Assert.Equal("icon.png", package.Value("icon"));
        Assert.Equal([0x89, .. "PNG"u8], package.Read("icon.png")[..4]);
    }

    /// <summary>The services are no packages of their own.</summary>
    static string[] Libraries(string package) => package == "JobSystem.Hosting"
        ? ["JobSystem.Hosting.dll", "JobSystem.JobApi.dll", "JobSystem.Monitoring.dll", "JobSystem.Scheduler.dll", "JobSystem.ServiceDefaults.dll"]
        : [$"{package}.dll"];

    [Fact]
    public void Files_OfTemplates_ArePrograms()
    {
        var package = packed.Open(PackedPackages.Templates);
        Assert.Equal("Template", package.Metadata.Descendants().Single(x => x.Name.LocalName == "packageType").Attribute("name")?.Value);
        Assert.Empty(package.Dependencies);
        Assert.Equal(
            ((string[])["app", "worker"]).SelectMany(x => (string[])[$"content/{x}/.gitignore", $"content/{x}/.template.config/template.json", $"content/{x}/JobSystem{char.ToUpperInvariant(x[0])}{x[1..]}.csproj", $"content/{x}/Program.cs"]),
            package.Names.Where(x => x.StartsWith("content/", StringComparison.Ordinal)));
        Assert.Contains($"Include=\"JobSystem.Hosting\" Version=\"{package.Version}\"", package.ReadText("JobSystemApp.csproj"), StringComparison.Ordinal);
        Assert.Contains($"Include=\"JobSystem.Worker\" Version=\"{package.Version}\"", package.ReadText("JobSystemWorker.csproj"), StringComparison.Ordinal);
    }

    /// <summary>A feed shows it away from the repository: a link to a file of ours would lead nowhere.</summary>
    [Theory]
    [MemberData(nameof(Packages))]
    public void Readme_IsAboutThePackage_AndStandsAlone(string name)
    {
        var package = packed.Open(name);
        var text = package.ReadText("README.md");
        Assert.Equal("README.md", package.Value("readme"));
        Assert.StartsWith($"# {name}\n", text, StringComparison.Ordinal);
        Assert.Contains($"dotnet add package {name}\n", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\]\((?!https://)", text);
    }

    [Fact]
    public void Readme_OfTheWorker_HasItsSettings()
    {
        var read = Directory.EnumerateFiles(Path.Combine(Repository.Root, "sdk", "dotnet", "Worker"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(x => Setting().Matches(File.ReadAllText(x))).Select(x => x.Groups[1].Value).Distinct().Except(["JOBSYSTEM_FAILPOINTS"]);
        var documented = SettingRow().Matches(packed.Open("JobSystem.Worker").ReadText("README.md")).Select(x => x.Groups[1].Value);
        Assert.Equal(read.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Documentation_HasEveryPublicType(string name)
    {
        var documented = XDocument.Load(new MemoryStream(packed.Open(name).Read($"{name}.xml"))).Descendants("member")
            .Where(x => x.Element("summary") is not null).Select(x => x.Attribute("name")!.Value).ToHashSet();
        Assert.All(
            System.Reflection.Assembly.Load(name).GetExportedTypes(), type => Assert.Contains($"T:{type.FullName!.Replace('+', '.')}", documented));
    }

    /// <summary>Of others any version from the tested one on, so that an application can have a newer one; of our own exactly this one.</summary>
    [Theory]
    [MemberData(nameof(Packages))]
    public void Dependencies_AreRanges(string name)
    {
        var package = packed.Open(name);
        Assert.All(package.Dependencies, x => Assert.Matches(
            x.Id.StartsWith("JobSystem.", StringComparison.Ordinal) ? $@"^\[{package.Version}\]$"
                : x.Id.StartsWith("MassTransit", StringComparison.Ordinal) ? @"^\[8\.5\.12, 9\.0\.0\)$"
                : @"^\d+\.\d+\.\d+$", x.Version));
        Assert.Subset(PackedPackages.Names.ToHashSet(), package.Dependencies.Select(x => x.Id).Where(x => x.StartsWith("JobSystem.", StringComparison.Ordinal)).ToHashSet());
    }

    [Theory]
    [InlineData("JobSystem.Abstractions")]
    [InlineData("JobSystem.Api")]
    [InlineData("JobSystem.Contracts")]
    public void Dependencies_OfRecords_AreNone(string name) => Assert.Empty(packed.Open(name).Dependencies);

    [Fact]
    public void Dependencies_OfTheWorker_AreTheDirectOnes() => Assert.Equal(
        ["JobSystem.Abstractions", "JobSystem.Client", "JobSystem.Contracts", "Microsoft.Extensions.Diagnostics.HealthChecks", "Microsoft.Extensions.Hosting"],
        packed.Open("JobSystem.Worker").Dependencies.Select(x => x.Id).Order(StringComparer.Ordinal));

    [Fact]
    public void Dependencies_OfTheOutbox_NameNoProvider() => Assert.Equal(
        ["JobSystem.Client", "Microsoft.EntityFrameworkCore.Relational", "Microsoft.Extensions.Hosting.Abstractions"],
        packed.Open("JobSystem.Client.EntityFrameworkCore").Dependencies.Select(x => x.Id).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Packages))]
    public void Symbols_BelongToTheLibrary_AndNameNoPathOfThisMachine(string name)
    {
        var package = packed.Open(name);
        using var library = new PEReader(new MemoryStream(package.Read($"{name}.dll")));
        var entries = library.ReadDebugDirectory();
        using var symbols = new Symbols(package.Symbols.Read(".pdb"));
        Assert.Contains(entries, x => x.Type == DebugDirectoryEntryType.Reproducible);
        Assert.Equal(library.ReadCodeViewDebugDirectoryData(entries.Single(x => x.Type == DebugDirectoryEntryType.CodeView)).Guid, symbols.Id);
        Assert.NotEmpty(symbols.Documents);
        Assert.All(symbols.Documents, x => Assert.StartsWith("/_/", x, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Files_NameNoPathOfThisMachine(string name)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.All((PackageFile[])[packed.Open(name), packed.Open(name).Symbols], package => Assert.All(package.Contents, file =>
        {
            foreach (var path in ((string[])[Repository.Root, packed.Folder, home + "/"]).Where(x => x.Length > 1))
            {
                Assert.True(
                    file.Value.AsSpan().IndexOf(Encoding.UTF8.GetBytes(path)) < 0 && file.Value.AsSpan().IndexOf(Encoding.Unicode.GetBytes(path)) < 0,
                    $"{Path.GetFileName(package.Path)}: {file.Key} has {path}");
            }
        }));
    }

    [GeneratedRegex(@"""(JOBSYSTEM_\w+)""")]
    private static partial Regex Setting();

    [GeneratedRegex(@"^\| `(JOBSYSTEM_\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();
}
