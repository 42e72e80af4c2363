using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace JobSystem.ServiceDefaults.Configuration;

/// <summary>A setting is missing or invalid: the process prints the message and ends.</summary>
public sealed class SettingException(string message) : Exception(message);

/// <summary>Reads settings from environment variables.</summary>
public static class Settings
{
    public static string? Optional(this IConfiguration configuration, string name) =>
        configuration[name] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    public static string Required(this IConfiguration configuration, string name, string meaning) =>
        configuration.Optional(name) ?? throw new SettingException($"{name} is not set. It is {meaning}.");

    /// <summary>A comma-separated list; empty if the setting is absent.</summary>
    public static string[] List(this IConfiguration configuration, string name) =>
        configuration.Optional(name)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>A duration in seconds, greater than zero; fractions are allowed.</summary>
    public static TimeSpan Seconds(this IConfiguration configuration, string name, double otherwise)
    {
        var text = configuration.Optional(name);
        if (text is null)
        {
            return TimeSpan.FromSeconds(otherwise);
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e8
            ? TimeSpan.FromSeconds(seconds)
            : throw new SettingException($"{name} is '{text}', but must be a number of seconds greater than 0.");
    }

    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    public static int Number(this IConfiguration configuration, string name, int otherwise, int least = 1)
    {
        var text = configuration.Optional(name);
        if (text is null)
        {
            return otherwise;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new SettingException($"{name} is '{text}', but must be a whole number of at least {least}.");
    }
}
