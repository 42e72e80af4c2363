using System.Net.Http.Json;
using System.Text.Json;
using JobSystem.Support;
using JobSystem.Support.SingleProcess;
using Microsoft.Playwright;

namespace JobSystem.Dashboard.Tests;

/// <summary>Standalone in this process, and a browser that looks at it.</summary>
public sealed class DashboardHost : IAsyncLifetime
{
    const string Chromium = "/usr/bin/chromium";
    readonly HttpClient http = new();
    readonly Dictionary<string, BrowserContextCookiesResult> tickets = [];
    RunningSystem system = null!;
    IPlaywright playwright = null!;
    IBrowser browser = null!;

    public string Url => system.Url;

    public string AdminKey => system.AdminKey;

    /// <summary>As an administrator would print one, however long.</summary>
    public string Token(string owner, params string[] permissions) => system.Token(owner, permissions);

    public async Task InitializeAsync()
    {
        system = await RunningSystem.Start(slots: 4);
        http.BaseAddress = new(Url);
        http.DefaultRequestHeaders.Add("X-API-Key", AdminKey);
        await Eventually.Holds(async () => (await http.GetAsync(new Uri("/api/v1/tasks/echo", UriKind.Relative))).IsSuccessStatusCode, TimeSpan.FromSeconds(60));
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
    }

    public async Task<JsonElement> Post(string path, object body)
    {
        using var response = await http.PostAsJsonAsync(path, body);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>())!;
    }

    public async Task Put(string path, object body)
    {
        using var response = await http.PutAsJsonAsync(path, body);
        response.EnsureSuccessStatusCode();
    }

    public async Task Delete(string path)
    {
        using var response = await http.DeleteAsync(path);
        response.EnsureSuccessStatusCode();
    }

    public Task<JsonElement> Get(string path) => http.GetFromJsonAsync<JsonElement>(path);

    public Task Ends(string id, string status) =>
        Eventually.Holds(async () => (await http.GetFromJsonAsync<JsonElement>($"/api/v1/jobs/{id}")).GetProperty("status").GetString() == status, TimeSpan.FromSeconds(30));

    public async Task<string> Submit(object job) => (await Post("/api/v1/jobs", job)).GetProperty("id").GetString()!;

    /// <summary>A page of a browser of its own, not signed in.</summary>
    public async Task<IPage> Open(ColorScheme scheme = ColorScheme.Light, int width = 1280, string zone = "UTC")
    {
        var context = await browser.NewContextAsync(new() { BaseURL = Url, ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 800 }, TimezoneId = zone });
        return await context.NewPageAsync();
    }

    /// <summary>A page of someone who is signed in. One address may sign in ten times in a row, so each key does it once.</summary>
    public async Task<IPage> SignIn(string? key = null, ColorScheme scheme = ColorScheme.Light, int width = 1280, string zone = "UTC")
    {
        key ??= AdminKey;
        var page = await Open(scheme, width, zone);
        if (tickets.TryGetValue(key, out var ticket))
        {
            await page.Context.AddCookiesAsync([new() { Name = ticket.Name, Value = ticket.Value, Url = $"{Url}/ui" }]);
        }
        await page.GotoAsync("/ui/");
        if (ticket is null)
        {
            await page.GetByLabel("API key or token").FillAsync(key);
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        }
        await page.GetByRole(AriaRole.Heading, new() { Name = "Home" }).WaitForAsync();
        tickets[key] = (await page.Context.CookiesAsync()).Single(x => x.Name == "jobsystem_ui");
        return page;
    }

    public async Task DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
        await system.DisposeAsync();
        http.Dispose();
    }
}
