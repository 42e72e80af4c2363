using System.Collections.Frozen;
using System.Security.Cryptography;

namespace JobSystem.Monitoring.Dashboard;

/// <summary>
/// Scripts and styles. They are resources of this assembly, because static web assets depend on the manifest of the process that is started, and
/// the dashboard runs in the service, in standalone and in test processes.
/// </summary>
static class DashboardAssets
{
    const string Prefix = "assets/";
    static readonly FrozenDictionary<string, Asset> all = Load();

    /// <summary>Relative to the base address, with a name that changes when the content does.</summary>
    public static string Url(string name) => $"{Prefix}{name}?v={all[name].Version}";

    public static void MapDashboardAssets(this IEndpointRouteBuilder ui) =>
        ui.MapGet($"/{Prefix}{{name}}", (string name, HttpContext http) => Get(name, http, "public, max-age=31536000, immutable")).AllowAnonymous();

    /// <summary>The path at which browsers expect the icon.</summary>
    public static void MapIcon(this IEndpointRouteBuilder app) =>
        app.MapGet("/favicon.ico", (HttpContext http) => Get("favicon.ico", http, "public, max-age=86400")).AllowAnonymous().ExcludeFromDescription();

    static IResult Get(string name, HttpContext http, string cached)
    {
        if (!all.TryGetValue(name, out var asset))
        {
            return TypedResults.NotFound();
        }
        http.Response.Headers.CacheControl = cached;
        return TypedResults.Bytes(asset.Content, asset.Type);
    }

    static FrozenDictionary<string, Asset> Load()
    {
        var assembly = typeof(DashboardAssets).Assembly;
        var names = assembly.GetManifestResourceNames().Where(x => x.StartsWith(Prefix, StringComparison.Ordinal));
        return names.ToFrozenDictionary(x => x[Prefix.Length..], name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return new Asset(content, Convert.ToHexStringLower(SHA256.HashData(content))[..12], TypeOf(name));
        });
    }

    static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css",
        ".ico" => "image/x-icon",
        _ => "text/javascript",
    };

    sealed record Asset(byte[] Content, string Version, string Type);
}
