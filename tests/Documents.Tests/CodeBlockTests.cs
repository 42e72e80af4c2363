using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JobSystem.Documents.Tests;

/// <summary>
/// The C# of each page compiles. A block with using directives is a program of its own. The others of a page belong together: types that they declare are known to
/// all of them, statements are methods, and what they do not declare is in <see cref="Surroundings.Names"/>.
/// </summary>
public sealed class CodeBlockTests
{
    /// <summary>Their blocks are run, or are parts of code that is: tests beside that code compare them.</summary>
    static readonly string[] comparedWithCode = ["docs/bus.md", "docs/client.md", "docs/hosting.md", "docs/outbox.md"];

    /// <summary>Written into files one after the other, and run, by tests/Packages.Tests.</summary>
    static readonly string[] followed = ["docs/tutorial.md"];

    /// <summary>Those of an application of ASP.NET Core (ImplicitUsings).</summary>
    const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    /// <summary>What somebody has at the top of the file whose middle is shown.</summary>
    const string UsingsOfFragments = """
        using JobSystem;
        using JobSystem.Api;
        using JobSystem.Client;
        using JobSystem.Client.EntityFrameworkCore;
        using JobSystem.Documents.Surroundings;
        using JobSystem.Hosting;
        using JobSystem.Testing;
        using JobSystem.Worker;
        using MassTransit;
        using Microsoft.EntityFrameworkCore;

        """;

    /// <summary>Async without await, code after a return, what is declared and not used, members that nobody sets: a block shows a part.</summary>
    static readonly string[] ofParts = ["CS1998", "CS0162", "CS8321", "CS0219", "CS0168", "CS1701", "CS1702"];

    static readonly MetadataReference[] libraries =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(x => MetadataReference.CreateFromFile(x))];

    public static TheoryData<string> Pages =>
        [.. DocumentPages.All.Except([.. comparedWithCode, .. followed]).Where(x => DocumentPages.CSharpBlocks(x).Count > 0)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Blocks_OfAPage_Compile(string page)
    {
        var blocks = DocumentPages.CSharpBlocks(page).ToLookup(IsProgram);

        Assert.Equal([], [.. blocks[true].SelectMany(x => Compile(KindOf(x), x)), .. Compile(OutputKind.DynamicallyLinkedLibrary, Join(blocks[false]))]);
    }

    [Fact]
    public void Blocks_ThatDoNotCompile_AreFound()
    {
        Assert.Single(Compile(OutputKind.ConsoleApplication, "using JobSystem;\nIJobs jobs = 7;"));
        Assert.Single(Compile(OutputKind.DynamicallyLinkedLibrary, Join(["await jobs.Enqueue(new NoSuchJob());"])));
        Assert.Equal([], Compile(OutputKind.DynamicallyLinkedLibrary, Join(["public sealed record MakeInvoice(int Id);", "var one = new MakeInvoice(1);", "var one = 1;"])));
    }

    static bool IsProgram(string block) => Parse(block).GetCompilationUnitRoot().Usings.Count > 0;

    static OutputKind KindOf(string program) =>
        Parse(program).GetCompilationUnitRoot().Members.Any(x => x is GlobalStatementSyntax) ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary;

    static string Join(IEnumerable<string> blocks)
    {
        var types = new StringBuilder();
        var methods = new StringBuilder();
        foreach (var members in blocks.Select(x => Parse(x).GetCompilationUnitRoot().Members))
        {
            types.AppendJoin('\n', members.Where(x => x is not GlobalStatementSyntax).Select(x => x.ToFullString()));
            methods.Append($"static async Task<object?> Block{methods.Length}()\n{{\n");
            methods.AppendJoin('\n', members.OfType<GlobalStatementSyntax>().Select(x => x.ToFullString()));
            methods.Append("return null;\n}\n");
        }
        return $"{UsingsOfFragments}namespace Page;\n{types}\nsealed class Blocks : Names\n{{\n{methods}}}\n";
    }

    static IEnumerable<string> Compile(OutputKind kind, string source) =>
        CSharpCompilation.Create(
            "Document", [Parse(ImplicitUsings), Parse(source)], libraries, new CSharpCompilationOptions(kind, nullableContextOptions: NullableContextOptions.Enable))
            .GetDiagnostics()
            .Where(x => x.Severity >= DiagnosticSeverity.Warning && !ofParts.Contains(x.Id))
            .Select(x => $"{x.Id}: {x.GetMessage(System.Globalization.CultureInfo.InvariantCulture)} in: {LineOf(x)}");

    static string LineOf(Diagnostic found) => found.Location.SourceTree?.GetText().Lines[found.Location.GetLineSpan().StartLinePosition.Line].ToString().Trim() ?? "the whole";

    static SyntaxTree Parse(string source) => CSharpSyntaxTree.ParseText(source);
}
