using System.Globalization;
using Xunit.Abstractions;

namespace JobSystem.Journeys.Crashes;

/// <summary>What <c>scripts/chaos.sh</c> tells a run of chaos.</summary>
static class ChaosSettings
{
    public const string Soak = "JOBSYSTEM_SOAK";

    /// <summary>A copy of the repository with the programs of another version.</summary>
    public static string? Beside => Text("JOBSYSTEM_CHAOS_BESIDE");

    public static ChaosPlan Plan() => new(
        Seed(otherwise: Random.Shared.Next()), TimeSpan.FromMinutes(Number("JOBSYSTEM_CHAOS_MINUTES")
            ?? 30), Number("JOBSYSTEM_CHAOS_LONG") == 1, Number("JOBSYSTEM_CHAOS_EACH") ?? 0);

    public static int Seed(int otherwise) => Number("JOBSYSTEM_CHAOS_SEED") ?? otherwise;

    /// <summary>Lines go to the test's output, and at once to a file that somebody follows.</summary>
    public static Action<string> Log(ITestOutputHelper output)
    {
        var file = Text("JOBSYSTEM_CHAOS_LOG");
        return line =>
        {
            output.WriteLine(line);
            if (file is not null)
            {
                File.AppendAllText(file, line + Environment.NewLine);
            }
        };
    }

    static string? Text(string setting) => Environment.GetEnvironmentVariable(setting) is { Length: > 0 } text ? text : null;

    static int? Number(string setting) => int.TryParse(Text(setting), CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>Only when somebody asks for it.</summary>
sealed class SoakFactAttribute : FactAttribute
{
    public SoakFactAttribute()
    {
        if (Environment.GetEnvironmentVariable(ChaosSettings.Soak) != "1")
        {
            Skip = $"takes long: {ChaosSettings.Soak}=1, or scripts/chaos.sh";
        }
    }
}

/// <summary>Only when there are programs of another version.</summary>
sealed class BesideFactAttribute : FactAttribute
{
    public BesideFactAttribute()
    {
        if (ChaosSettings.Beside is null)
        {
            Skip = "takes long, and needs another version: scripts/chaos.sh --beside REVISION";
        }
    }
}
