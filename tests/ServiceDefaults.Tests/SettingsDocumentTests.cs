using System.Globalization;
using System.Text.RegularExpressions;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>The tables of settings in docs/deployment.md and docs/errors.md against what the code reads.</summary>
public sealed partial class SettingsDocumentTests
{
    static readonly string[] product = ["services", "sdk/dotnet", "gateway", "standalone", "hosting"];

    [Fact]
    public void Settings_ThatTheCodeReads_AreDocumented() => Assert.Empty(InCode().Except(Documented().Select(x => x.Name)));

    [Fact]
    public void Settings_ThatAreDocumented_AreReadByTheCode() => Assert.Empty(Documented().Select(x => x.Name).Except(InCode()));

    /// <summary>Also in the text around the tables; the scripts have variables of their own.</summary>
    [Fact]
    public void Settings_ThatADocumentNames_Exist()
    {
        string[] scripts = [.. Directory.EnumerateFiles(At("scripts"), "*", SearchOption.AllDirectories), At("docker-compose.yml"),
            At("test.sh"), At("bench/Program.cs")];
        var known = InCode()
            .Concat(scripts.SelectMany(path => Variable().Matches(File.ReadAllText(path)).Select(x => x.Value))).ToHashSet();
        var named = Directory.EnumerateFiles(At("docs"), "*.md", SearchOption.AllDirectories).Append(At("README.md"))
            .SelectMany(path => Variable().Matches(File.ReadAllText(path)).Select(x => (Path.GetFileName(path), x.Value)));
        Assert.Empty(named.Where(x => !known.Contains(x.Value)).Distinct());
    }

    [Fact]
    public void Settings_OfAClass_AreUsed()
    {
        var (sources, declared) = (Sources().ToList(), Properties().ToList());
        var unused = declared.Where(setting =>
            sources.Sum(x => Regex.Count(x.Text, $@"(?<![\w""]){setting.Property}(?!\w)"))
            == declared.Count(x => x.Property == setting.Property));
        Assert.Empty(unused.Select(x => $"{x.Class}.{x.Property} ({x.Name})"));
    }

    [Fact]
    public void Settings_OfAClass_HaveTheDocumentedDefaults()
    {
        var documented = Documented().ToLookup(x => x.Name, x => x.Default);
        var wrong = Properties()
            .Where(x => x.Default is { Length: > 2 } or [not '"', ..] && !documented[x.Name].Any(text => Says(text, x.Default!)));
        Assert.Empty(wrong.Select(x => $"{x.Name}: {x.Default}, documented as {string.Join(" and ", documented[x.Name])}"));
    }

    static bool Says(string documented, string value)
    {
        if (!Arithmetic().IsMatch(value))
        {
            return documented.Contains(value.Trim('"'), StringComparison.Ordinal);
        }
        var number = Evaluate(value);
        string[] forms =
        [
            number.ToString(CultureInfo.InvariantCulture), number.ToString("N0", CultureInfo.InvariantCulture),
            $"{number / (1 << 20)} MiB", $"{number / 1024} KiB", $"{number / 86_400} days",
            $"{Math.Floor(number / 86_400 / 365)} years", number == 0 ? "none" : "?",
        ];
        return forms.Any(form => Regex.IsMatch(documented, $@"(?<![\d,.]){Regex.Escape(form)}(?!\d|[,.]\d)"));
    }

    /// <summary>Products and shifts of numbers, as in <c>7 * 86_400d</c>.</summary>
    static double Evaluate(string text)
    {
        var factors = text.Split('*', StringSplitOptions.TrimEntries)
            .Select(factor => factor.Split("<<", StringSplitOptions.TrimEntries).Select(Number).ToList());
        return factors.Aggregate(1.0, (product, shift) => product * (shift.Count == 2 ? shift[0] * Math.Pow(2, shift[1]) : shift[0]));

        static double Number(string digits) =>
            double.Parse(digits.Replace("_", "", StringComparison.Ordinal).TrimEnd('d'), CultureInfo.InvariantCulture);
    }

    static HashSet<string> InCode() =>
        [.. Sources().SelectMany(x => Literal().Matches(x.Text).Select(match => match.Groups["name"].Value))];

    static IEnumerable<Setting> Properties() =>
        from source in Sources()
        from Match match in Declaration().Matches(source.Text)
        let value = match.Groups["default"] is { Success: true } given ? given.Value : null
        select new Setting(Path.GetFileNameWithoutExtension(source.Path), match.Groups["property"].Value, match.Groups["name"].Value, value);

    /// <summary>The rows of both tables; a row of limits may name several variables.</summary>
    static IEnumerable<(string Name, string Default)> Documented()
    {
        foreach (var (file, named, value) in ((string, int, int)[])[("docs/deployment.md", 1, 2), ("docs/errors.md", 3, 2)])
        {
            foreach (var cells in File.ReadLines(At(file)).Where(x => x.StartsWith('|')).Select(x => x.Split('|')).Where(x => x.Length > 4))
            {
                foreach (Match variable in Variable().Matches(cells[named]))
                {
                    yield return (variable.Value, cells[value]);
                }
            }
        }
    }

    static IEnumerable<(string Path, string Text)> Sources() => product
        .SelectMany(folder => Directory.EnumerateFiles(At(folder), "*.cs", SearchOption.AllDirectories))
        .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/Migrations/", StringComparison.Ordinal))
        .Select(path => (path, File.ReadAllText(path)));

    static string At(string path) => Path.Combine(Support.Repository.Root, path);

    sealed record Setting(string Class, string Property, string Name, string? Default);

    [GeneratedRegex("JOBSYSTEM_[A-Z0-9_]+[A-Z0-9]")]
    private static partial Regex Variable();

    [GeneratedRegex("\"(?<name>JOBSYSTEM_[A-Z0-9_]+)\"")]
    private static partial Regex Literal();

    [GeneratedRegex("""\[ConfigurationKeyName\("(?<name>\w+)"\)[^\n]*\]\s*public \w+\?? (?<property>\w+) \{ get; set; \}( = (?<default>[^;]+);)?""")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^[\d_.d]+(\s*(\*|<<)\s*[\d_.d]+)*$")]
    private static partial Regex Arithmetic();
}
