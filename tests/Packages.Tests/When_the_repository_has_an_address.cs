using System.Text.Json;
using JobSystem.Support;

namespace JobSystem.Packages.Tests;

/// <summary>A package that is made from a clone of the public repository, as for a release.</summary>
public sealed class When_the_repository_has_an_address
{
    const string Address = "https://github.com/owner/repository";

    [Fact]
    public async Task Should_lead_a_debugger_to_the_sources()
    {
        using var clone = TemporaryFolder.Create("clone");
        var commit = await Clone(clone);

        await Dotnet.Run(clone.Path, "pack", "contracts", "-c", "Release", "-v", "q", "-o", clone.At("out"), "-p:PublishRepositoryUrl=true");

        var package = new PackageFile(Directory.GetFiles(clone.At("out"), "*.nupkg").Single());
        var repository = package.Element("repository")!;
        Assert.Equal((Address + ".git", commit), (repository.Attribute("url")?.Value, repository.Attribute("commit")?.Value));
        using var symbols = new Symbols(package.Symbols.Read(".pdb"));
        Assert.Contains("/_/contracts/SubmitJob.cs", symbols.Documents);
        using var link = JsonDocument.Parse(symbols.SourceLink ?? throw new InvalidDataException("the symbols have no source link"));
        Assert.Equal($"https://raw.githubusercontent.com/owner/repository/{commit}/*", link.RootElement.GetProperty("documents").GetProperty("/_/*").GetString());
    }

    /// <summary>A repository with the working copy's files that this takes, and the commit that has them.</summary>
    static async Task<string> Clone(TemporaryFolder clone)
    {
        var made = await Dotnet.Try(clone.Path, new Dictionary<string, string> { ["FROM"] = Repository.Root }, "bash", "-euo", "pipefail", "-c", $"""
            cp -r "$FROM"/contracts "$FROM"/eng "$FROM"/Directory.*.props "$FROM"/global.json "$FROM"/.editorconfig "$FROM"/.gitignore .
            git init -q . && git remote add origin {Address}.git && git add -A
            git -c user.name=Tests -c user.email=tests@localhost commit -q -m "All of it"
            git rev-parse HEAD
            """);
        Assert.True(made.ExitCode == 0, made.Output);
        return made.Output.Trim();
    }
}
