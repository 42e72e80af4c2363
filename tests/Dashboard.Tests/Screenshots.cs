using JobSystem.Support;
using Microsoft.Playwright;

namespace JobSystem.Dashboard.Tests;

/// <summary><c>JOBSYSTEM_SCREENSHOTS=1 dotnet test tests/Dashboard.Tests --filter Screenshots</c> writes docs/images.</summary>
public sealed class Screenshots(DashboardHost host) : IClassFixture<DashboardHost>
{
    [Fact]
    public async Task Pages_OnRequest_AreKept()
    {
        var failed = await host.Submit(new { task_name = "fail", max_retries = 0, title = "Nightly import", tags = new[] { "import" } });
        await host.Submit(new { task_name = "echo", args = new object[] { "hello" } });
        await host.Submit(new { task_name = "sleep", kwargs = new { seconds = 60 } });
        await host.Ends(failed, "failed");
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            var page = await host.SignIn(scheme: scheme);
            foreach (var (name, path) in new[] { ("home", ""), ("jobs", "jobs"), ("job", $"jobs/{failed}"), ("queues", "queues") })
            {
                await page.GotoAsync($"/ui/{path}");
                await Assertions.Expect(page.Locator("main .status").First).ToBeVisibleAsync();
                if (Environment.GetEnvironmentVariable("JOBSYSTEM_SCREENSHOTS") is { Length: > 0 })
                {
                    await page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, "docs", "images", $"{name}-{(scheme == ColorScheme.Dark ? "dark" : "light")}.png") });
                }
            }
        }
    }
}
