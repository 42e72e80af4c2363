using System.Reflection;
using JobSystem.Support;
using PublicApiGenerator;

namespace JobSystem.Packages.Tests;

/// <summary>What others compile against is what was approved: a change of it is meant, or it is noticed here.</summary>
public sealed class PublicApiTests
{
    const string Switch = "JOBSYSTEM_APPROVE";

    static readonly string approved = Path.Combine(Repository.Root, "tests", "Packages.Tests", "Approved");

    public static TheoryData<string> Packages => [.. PackedPackages.Names];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Surface_OfAPackage_IsApproved(string package)
    {
        var file = Path.Combine(approved, $"{package}.txt");
        var now = Surface(package);
        if (Environment.GetEnvironmentVariable(Switch) is { Length: > 0 })
        {
            Directory.CreateDirectory(approved);
            File.WriteAllText(file, now);
        }
        var before = File.Exists(file) ? File.ReadAllText(file) : "";
        Assert.True(before == now, Explain(package, before, now));
    }

    [Fact]
    public void Approvals_AreOf_Packages() =>
        Assert.Equal(PackedPackages.Names, Directory.GetFiles(approved).Select(x => Path.GetFileNameWithoutExtension(x)).Order(StringComparer.Ordinal));

    /// <summary>An application that imports both namespaces would get CS0104. (Its own job consumers are in another namespace, which few import.)</summary>
    [Fact]
    public void Types_OfPackages_LeaveTheNamesOfMassTransitAlone() =>
        Assert.Empty(PackedPackages.Names.SelectMany(x => Assembly.Load(x).GetExportedTypes()).Select(x => x.Name)
            .Intersect(((string[])["MassTransit", "MassTransit.Abstractions", "MassTransit.RabbitMqTransport"])
                .SelectMany(x => Assembly.Load(x).GetExportedTypes()).Where(x => x.Namespace == "MassTransit").Select(x => x.Name)));

    [Fact]
    public void Difference_OfTwoSurfaces_HasTheLinesOfEither() =>
        Assert.Equal(["- int Old()", "+ int New()"], Difference("class A\nint Old()\nint Kept()\n", "class A\nint Kept()\nint New()\n"));

    static string Surface(string package) =>
        Assembly.Load(package).GeneratePublicApi(new() { IncludeAssemblyAttributes = false, DenyNamespacePrefixes = [] }).ReplaceLineEndings("\n").TrimEnd() + "\n";

    static string Explain(string package, string before, string now) => $"""
        The public surface of {package} is not what tests/Packages.Tests/Approved/{package}.txt says. What others compile against may go only as docs/versioning.md says.
        When the change is meant, write it into CHANGELOG.md, approve it and commit the file:

            {Switch}=1 dotnet test tests/Packages.Tests --filter {nameof(Surface_OfAPackage_IsApproved)}

        {string.Join('\n', Difference(before, now))}
        """;

    /// <summary>Lines that only one of both has; with a count, because a line such as a closing brace is there many times.</summary>
    static List<string> Difference(string before, string now) => [.. Missing("- ", before, now), .. Missing("+ ", now, before)];

    static IEnumerable<string> Missing(string sign, string from, string to)
    {
        var there = to.Split('\n').CountBy(x => x).ToDictionary();
        return from.Split('\n').Where(x => there.TryGetValue(x, out var count) is false || (there[x] = count - 1) < 0).Select(x => sign + x.Trim());
    }
}
