namespace JobSystem.Monitoring.Dashboard;

/// <summary>A person's preferences, from cookies that the script of the pages sets.</summary>
/// <param name="Theme">light, dark, or empty for the system's preference.</param>
/// <param name="Zone">IANA name of the browser's time zone; empty if it is not known yet.</param>
public sealed record ViewPreferences(string Theme, string Zone)
{
    const string ThemeCookie = "jobsystem_ui_theme";
    const string ZoneCookie = "jobsystem_ui_zone";

    public bool? IsDark => Theme switch { "dark" => true, "light" => false, _ => null };

    public TimeZoneInfo TimeZone => Zone.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out var zone) ? zone : TimeZoneInfo.Utc;

    public static ViewPreferences FromRequest(HttpRequest? request)
    {
        var theme = request?.Cookies[ThemeCookie];
        var zone = Uri.UnescapeDataString(request?.Cookies[ZoneCookie] ?? "");
        return new(theme is "dark" or "light" ? theme : "", zone.Length <= 64 ? zone : "");
    }
}
