namespace JobSystem.Monitoring.Dashboard;

/// <summary>How the person looks at the pages, from cookies that the pages' own script sets.</summary>
/// <param name="Theme">light, dark, or empty for what the system says.</param>
/// <param name="Zone">IANA name of the browser's time zone; empty when it is not known yet.</param>
public sealed record ViewPreferences(string Theme, string Zone)
{
    const string ThemeCookie = "jobsystem_ui_theme";
    const string ZoneCookie = "jobsystem_ui_zone";

    public bool? IsDark => Theme switch { "dark" => true, "light" => false, _ => null };

    public TimeZoneInfo TimeZone => Zone.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out var zone) ? zone : TimeZoneInfo.Utc;

    public static ViewPreferences Of(HttpRequest? request)
    {
        var theme = request?.Cookies[ThemeCookie];
        var zone = Uri.UnescapeDataString(request?.Cookies[ZoneCookie] ?? "");
        return new(theme is "dark" or "light" ? theme : "", zone.Length <= 64 ? zone : "");
    }
}
