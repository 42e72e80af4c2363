using System.Globalization;
using JobSystem.Hosting.OneProcess;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Standalone;

/// <summary>Tokens of the one-process system.</summary>
static class Tokens
{
    const int Failed = 1;
    public const string ExpectedLife = "a number with a unit, such as 90s, 30m, 12h or 7d";

    /// <summary>Prints a token, and nothing else, so that it can be used in a command line.</summary>
    public static async Task<int> Issue(string user, IReadOnlyList<string> permissions, TimeSpan life, DirectoryInfo data)
    {
        try
        {
            var environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
            var own = OwnTokens.Settings(environment, () => DataFolder.SigningKeyOf(data));
            var configuration = new ConfigurationBuilder().AddConfiguration(environment).AddInMemoryCollection(own).Build();
            Console.WriteLine(TokenIssuer.Issue(JwtSettings.From(configuration)!, user, permissions, life, TimeProvider.System.GetUtcNow()));
            return 0;
        }
        catch (Exception error) when (error is StartupException or SettingException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return Failed;
        }
    }

    /// <summary>Null for anything but a number and a unit, from a second to a year.</summary>
    public static TimeSpan? Life(string? text)
    {
        if (text is not { Length: > 1 } || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }
        double? seconds = text[^1] switch { 's' => number, 'm' => number * 60d, 'h' => number * 3600d, 'd' => number * 86_400d, _ => null };
        return seconds is >= 1 and <= 366 * 86_400d ? TimeSpan.FromSeconds(seconds.Value) : null;
    }
}
