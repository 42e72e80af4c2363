using JobSystem.Support;

namespace JobSystem.Packages.Tests;

/// <summary>The packages, made once for all tests in a folder of their own.</summary>
public sealed class PackedPackages : IAsyncLifetime
{
    TemporaryFolder? folder;

    /// <summary>Has templates of programs instead of a library.</summary>
    public const string Templates = "JobSystem.Templates";

    /// <summary>The libraries that this repository publishes, in order. A package more or less is a decision: docs/versioning.md.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "JobSystem.Abstractions", "JobSystem.Api", "JobSystem.Client", "JobSystem.Client.EntityFrameworkCore", "JobSystem.Contracts", "JobSystem.Hosting",
        "JobSystem.Testing", "JobSystem.Worker", "JobSystem.Worker.RabbitMQ",
    ];

    /// <summary>The folder with the files.</summary>
    public string Folder => folder!.Path;

    public PackageFile Open(string name) => new(Directory.GetFiles(Folder, $"{name}.?.*.nupkg").Single());

    public async Task InitializeAsync()
    {
        folder = TemporaryFolder.Create("packages");
        await Dotnet.Run(Repository.Root, "pack", "eng/packages.proj", "-c", "Release", "-v", "q", "-o", folder.Path);
    }

    public Task DisposeAsync()
    {
        folder?.Dispose();
        return Task.CompletedTask;
    }
}

[CollectionDefinition(Name)]
public sealed class PackedPackagesCollection : ICollectionFixture<PackedPackages>
{
    public const string Name = "packages";
}
