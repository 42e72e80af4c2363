using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;

namespace JobSystem.Hosting.Tests;

public sealed class When_users_of_the_application_come
{
    const string Jobs = "/jobs/api/v1/jobs";

    [Fact]
    public async Task Should_ask_for_a_key_when_the_application_does_not_ask_who_comes()
    {
        await using var shop = await Shop.Open();

        Assert.Equal(HttpStatusCode.Unauthorized, await Status(shop, shop.Request(HttpMethod.Get, Jobs)));
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(shop, shop.Request(HttpMethod.Get, Jobs, user: "ann")));
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(shop, shop.Request(HttpMethod.Get, Jobs, key: "wrong")));
        Assert.Equal(HttpStatusCode.OK, await Status(shop, shop.Request(HttpMethod.Get, Jobs, key: Shop.Key)));
        using var page = await shop.Http.GetAsync("/jobs/ui/jobs?status=failed");
        Assert.Equal("/jobs/ui/sign-in?to=%2Fjobs%2Fui%2Fjobs%3Fstatus%3Dfailed", page.Headers.Location!.PathAndQuery);
    }

    [Fact]
    public async Task Should_let_in_whom_the_application_lets_in()
    {
        await using var shop = await Shop.Open(
            map: x => x.MapGroup("/admin").MapJobSystem("/work").RequireAuthorization(), permissions: user => user.Identity!.Name switch
            {
                "ann" => ["admin"],
                "bob" => [],
                _ => null,
            });

        Assert.Equal(HttpStatusCode.Unauthorized, await Status(shop, shop.Request(HttpMethod.Get, "/admin/work/api/v1/jobs")));
        Assert.Equal(("ann", "admin"), await Me(shop, "ann"));
        Assert.Equal(("bob", ""), await Me(shop, "bob"));
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(shop, shop.Request(HttpMethod.Get, "/admin/work/api/v1/jobs", user: "eve")));
        var job = new { task_name = "print", args = new[] { "hello" } };
        Assert.Equal(HttpStatusCode.Created, await Status(shop, shop.Request(HttpMethod.Post, "/admin/work/api/v1/jobs", user: "bob", body: job)));
        Assert.Equal(HttpStatusCode.NotFound, await Status(shop, shop.Request(HttpMethod.Get, "/admin/work/nothing", user: "ann")));
    }

    /// <summary>The application's cookie comes along with what a page of another site sends.</summary>
    [Fact]
    public async Task Should_take_orders_only_from_its_own_pages_and_be_shown_by_links_of_others()
    {
        await using var shop = await Shop.Open(map: x => x.MapJobSystem().RequireAuthorization());
        var own = $"http://{shop.Url.Authority}";

        foreach (var (isTaken, method, headers) in ((bool, HttpMethod, (string, string)[])[])
        [
            (true, HttpMethod.Post, []),
            (true, HttpMethod.Post, [("Sec-Fetch-Site", "same-origin"), ("Origin", own)]),
            (true, HttpMethod.Post, [("Sec-Fetch-Site", "none")]),
            (true, HttpMethod.Post, [("Origin", own)]),
            (true, HttpMethod.Get, [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]),
            (false, HttpMethod.Post, [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]),
            (false, HttpMethod.Post, [("Sec-Fetch-Site", "same-site"), ("Origin", "https://other.example.com")]),
            (false, HttpMethod.Post, [("Origin", "https://evil.example.com")]),
            (false, HttpMethod.Post, [("Origin", "null")]),
            (false, HttpMethod.Get, [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "websocket")]),
        ])
        {
            var request = shop.Request(method, Jobs, user: "ann", body: method == HttpMethod.Post ? new { task_name = "print", args = new[] { "hello" } } : null);
            foreach (var (name, value) in headers)
            {
                request.Headers.Add(name, value);
            }
            var expected = !isTaken ? HttpStatusCode.Unauthorized : method == HttpMethod.Post ? HttpStatusCode.Created : HttpStatusCode.OK;
            Assert.Equal((expected, $"{method} {string.Join(' ', headers)}"), (await Status(shop, request), $"{method} {string.Join(' ', headers)}"));
        }
    }

    [Fact]
    public async Task Should_show_them_the_pages_below_the_path()
    {
        await using var shop = await Shop.Open(map: x =>
        {
            x.MapJobSystem("/work").RequireAuthorization();
            x.MapJobSystem("/keys");
        });
        var job = await shop.Jobs.Enqueue(new MakeInvoice(5));
        await job.Result();
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        await using var context = await browser.NewContextAsync(new() { BaseURL = shop.Url.ToString() });
        await context.AddCookiesAsync([new() { Name = "user", Value = "ann", Url = shop.Url.ToString() }]);
        var page = await context.NewPageAsync();
        var failed = new List<string>();
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
            {
                failed.Add($"{response.Status} {response.Url}");
            }
        };

        await page.GotoAsync("/work");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Home" }).WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Jobs", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = job.Id }).ClickAsync();
        await page.GetByText("5/1").First.WaitForAsync();
        Assert.StartsWith($"{shop.Url}work/ui/jobs/", page.Url, StringComparison.Ordinal);
        await page.GotoAsync("/work/docs");
        await page.GetByText("JobSystem").First.WaitForAsync();
        await page.GetByText($"{shop.Url}work").First.WaitForAsync();

        // The same pages for holders of a key
        await page.GotoAsync("/keys/ui/jobs");
        await page.GetByLabel("API key or token").FillAsync(Shop.Key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = job.Id }).WaitForAsync();
        Assert.Equal($"{shop.Url}keys/ui/jobs", page.Url);
        Assert.Equal([], failed);
    }

    static async Task<(string Owner, string Permissions)> Me(Shop shop, string user)
    {
        using var answer = await shop.Http.SendAsync(shop.Request(HttpMethod.Get, "/admin/work/api/v1/me", user: user));
        var me = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return (me.GetProperty("owner").GetString()!, me.GetProperty("permissions").EnumerateArray().Select(x => x.GetString()).FirstOrDefault() is null
            ? "" : me.GetProperty("permissions").EnumerateArray().Select(x => x.GetString()!).Last());
    }

    static async Task<HttpStatusCode> Status(Shop shop, HttpRequestMessage request)
    {
        using (request)
        {
            using var answer = await shop.Http.SendAsync(request);
            return answer.StatusCode;
        }
    }
}
