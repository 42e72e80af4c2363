using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Executor.Tasks;

/// <summary>The host:port pairs that may be called although their addresses are not public.</summary>
public sealed class AllowedTargets
{
    public const string Setting = "JOBSYSTEM_HTTP_ALLOW";

    readonly HashSet<string> targets = [];

    public bool Contains(string host, int port) => targets.Contains(Key(host, port));

    /// <exception cref="SettingException">An entry is no host:port.</exception>
    public static AllowedTargets Parse(IEnumerable<string> entries)
    {
        var allowed = new AllowedTargets();
        foreach (var entry in entries)
        {
            // Through the same parser as the URLs that are compared with it, so that both are spelt the same way
            if (!Uri.TryCreate($"http://{entry}/", UriKind.Absolute, out var uri) || uri.PathAndQuery != "/" || uri.UserInfo != "" || !HasPort(entry))
            {
                throw new SettingException($"{Setting} has the entry '{entry}', but each must be host:port, such as localhost:8080 or [::1]:8080.");
            }
            allowed.targets.Add(Key(uri.IdnHost, uri.Port));
        }
        return allowed;
    }

    static bool HasPort(string entry) => int.TryParse(entry.AsSpan(entry.LastIndexOf(':') + 1), out var port) && port is > 0 and < 65536 && entry.LastIndexOf(':') > entry.LastIndexOf(']');

    static string Key(string host, int port) => $"{host.Trim('[', ']').ToLowerInvariant()} {port}";
}
