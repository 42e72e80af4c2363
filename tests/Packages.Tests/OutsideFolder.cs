using System.IO.Compression;
using System.Text.RegularExpressions;
using JobSystem.Support;

namespace JobSystem.Packages.Tests;

/// <summary>
/// A folder outside of the repository, where somebody writes applications with the packages. Packages of ours come from where they were made and from nowhere else,
/// and are unpacked here: an earlier package of the same version, wherever it is, is never the one that is tested. All others come from what the build of this
/// repository has downloaded.
/// </summary>
public sealed partial class OutsideFolder(PackedPackages packed) : IAsyncLifetime
{
    const string Tested = "8.5.12";

    readonly TemporaryFolder folder = TemporaryFolder.Create("outside");
    Task<string>? worker;
    string downloaded = "";

    public async Task InitializeAsync()
    {
        // "global-packages: /home/somebody/.nuget/packages/"
        downloaded = (await Dotnet.Run("/", "nuget", "locals", "global-packages", "--list")).Split(' ', 2)[1].Trim();
        Directory.CreateDirectory(folder.At("others"));
        await File.WriteAllTextAsync(folder.At("nuget.config"), $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="ours" value="{packed.Folder}" />
                <add key="downloaded" value="{downloaded}" />
                <add key="others" value="{folder.At("others")}" />
              </packageSources>
              <packageSourceMapping>
                <packageSource key="ours"><package pattern="JobSystem.*" /></packageSource>
                <packageSource key="downloaded"><package pattern="*" /><package pattern="MassTransit" /><package pattern="MassTransit.*" /></packageSource>
                <packageSource key="others"><package pattern="MassTransit" /><package pattern="MassTransit.*" /></packageSource>
              </packageSourceMapping>
            </configuration>
            """);
    }

    /// <summary>What a program finds in its environment here.</summary>
    internal Dictionary<string, string> Environment(params (string Name, string Value)[] variables) =>
        new(variables.Select(x => KeyValuePair.Create(x.Name, x.Value)))
        {
            ["NUGET_PACKAGES"] = folder.At("unpacked"),
            // Where dotnet new keeps its templates
            ["DOTNET_CLI_HOME"] = folder.At("home"),
        };

    /// <summary>Runs commands in bash; the first that fails ends them.</summary>
    internal Task<Ended> Bash(string workingFolder, string commands, params (string Name, string Value)[] variables) =>
        Dotnet.Try(workingFolder, Environment(variables), "bash", "-euo", "pipefail", "-c", commands);

    /// <summary>A new folder.</summary>
    internal string Empty(string name) => Directory.CreateDirectory(folder.At(name)).FullName;

    /// <summary>Creates an application as a package's readme says it: its first commands, then its program. Returns its folder.</summary>
    internal async Task<string> Follow(string package, string name)
    {
        var readme = packed.Open(package).ReadText("README.md");
        var commands = BashBlock().Match(readme).Groups[1].Value;
        var parent = Empty(name);
        var created = await Bash(parent, commands);
        Assert.True(created.ExitCode == 0, $"{package}, README.md: {commands}\n{created.Output}");
        var application = Path.Combine(parent, NewFolder().Match(commands).Groups[1].Value);
        if (ProgramBlock().Match(readme) is { Success: true } program)
        {
            await File.WriteAllTextAsync(Path.Combine(application, "Program.cs"), program.Groups[1].Value);
        }
        return application;
    }

    /// <summary>The worker's folder, which the first that asks makes.</summary>
    internal Task<string> Worker(Func<Task<string>> make) => worker ??= make();

    /// <summary>Creates an application with the program of the worker's readme that references these packages. Returns its folder.</summary>
    internal async Task<string> Create(string name, params (string Id, string Version)[] references)
    {
        var application = Empty(name);
        await File.WriteAllTextAsync(Path.Combine(application, "application.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>
                {string.Concat(references.Select(x => $"<PackageReference Include=\"{x.Id}\" Version=\"{x.Version}\" />"))}
              </ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(application, "Program.cs"), ProgramBlock().Match(packed.Open("JobSystem.Worker.RabbitMQ").ReadText("README.md")).Groups[1].Value);
        return application;
    }

    /// <summary>
    /// Offers MassTransit in another version than the tested one. Nothing is known of its code: it is the tested one, and only its version says otherwise.
    /// </summary>
    internal void OfferMassTransit(string version)
    {
        foreach (var name in (string[])["MassTransit", "MassTransit.Abstractions", "MassTransit.RabbitMQ"])
        {
            var id = name.ToLowerInvariant();
            var copy = folder.At($"others/{id}.{version}.nupkg");
            File.Copy(Path.Combine(downloaded, id, Tested, $"{id}.{Tested}.nupkg"), copy, overwrite: true);
            using var archive = ZipFile.Open(copy, ZipArchiveMode.Update);
            archive.GetEntry(".signature.p7s")?.Delete();
            var nuspec = archive.GetEntry($"{name}.nuspec")!;
            string text;
            using (var reader = new StreamReader(nuspec.Open()))
            {
                text = reader.ReadToEnd();
            }
            nuspec.Delete();
            using var writer = new StreamWriter(archive.CreateEntry($"{name}.nuspec").Open());
            writer.Write(text.Replace($"<version>{Tested}<", $"<version>{version}<", StringComparison.Ordinal)
                .Replace($"\"{Tested}\"", $"\"{version}\"", StringComparison.Ordinal));
        }
    }

    public Task DisposeAsync()
    {
        folder.Dispose();
        return Task.CompletedTask;
    }

    [GeneratedRegex(@"^```bash\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex BashBlock();

    [GeneratedRegex(@"^```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ProgramBlock();

    [GeneratedRegex(@"^cd (\w+)$", RegexOptions.Multiline)]
    private static partial Regex NewFolder();
}
