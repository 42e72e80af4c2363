using System.Diagnostics;
using JobSystem.Support;

namespace JobSystem.Client.Tests;

/// <summary>A program outside of the repository that knows nothing but the packages.</summary>
[Collection(nameof(ClientHost))]
public sealed class When_the_packages_are_used(ClientHost host)
{
    const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="JobSystem.Client" Version="0.1.0" />
          </ItemGroup>
        </Project>
        """;

    const string Program = """
        using JobSystem;
        using JobSystem.Client;

        using var client = new JobSystemClient(new JobSystemClientOptions());
        var job = await client.Enqueue(new RunNote("from outside"));
        Console.WriteLine($"result: {await job.Result()}");

        [Job("make_note")]
        public sealed record RunNote(string Text) : IJob<string>;
        """;

    [Fact]
    public async Task Should_enqueue_a_job_and_get_its_result()
    {
        using var folder = TemporaryFolder.Create("packages");
        var packages = Path.Combine(folder.Path, "packages");
        foreach (var project in (string[])["api/Api.csproj", "sdk/dotnet/Abstractions/Abstractions.csproj", "sdk/dotnet/Client/Client.csproj"])
        {
            await Dotnet(Repository.Root, "pack", project, "-c", Configuration(), "--no-build", "-o", packages);
        }
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "Outside.csproj"), Project);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "Program.cs"), Program);

        // What this machine has already need not be fetched again; the packages under test are never among that
        await Dotnet(
            folder.Path, "build", "-o", "out", "-nodeReuse:false", "-p:UseSharedCompilation=false", $"-p:RestoreAdditionalProjectSources={packages}",
            $"-p:RestorePackagesPath={Path.Combine(folder.Path, "cache")}", $"-p:RestoreFallbackFolders={GlobalPackages()}");
        var said = await Dotnet(folder.Path, Path.Combine("out", "Outside.dll"));

        Assert.Equal("result: from outside", said.Trim());
    }

    static string Configuration() => new DirectoryInfo(AppContext.BaseDirectory).Name;

    static string GlobalPackages() => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    async Task<string> Dotnet(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["JOBSYSTEM_URL"] = host.Url, ["JOBSYSTEM_API_KEY"] = host.AdminKey, ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1" },
        };
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: exit code {process.ExitCode}\n{await said}\n{await errors}");
        return await said;
    }
}
