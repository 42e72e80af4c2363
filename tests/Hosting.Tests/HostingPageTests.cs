using JobSystem.Support;

namespace JobSystem.Hosting.Tests;

/// <summary>What the documents show is what compiles.</summary>
public sealed class HostingPageTests
{
    [Fact]
    public void Blocks_OfThePage_AreInTheCode()
    {
        var code = CodeBlocks.OfSource("tests", "Hosting.Tests", "HostingPage.cs");
        var blocks = CodeBlocks.OfDocument("docs", "hosting.md");
        Assert.NotEmpty(blocks);
        Assert.All(blocks, x => Assert.Contains(x, code, StringComparison.Ordinal));
    }

    /// <summary>Tests of the packages run that one.</summary>
    [Fact]
    public void Block_OfTheReadme_IsTheProgramOfThePackage() =>
        Assert.Contains(CodeBlocks.OfDocument("sdk", "dotnet", "Hosting", "README.md")[0], CodeBlocks.OfDocument("README.md"));
}
