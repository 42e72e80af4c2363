using System.Net.Mail;
using Microsoft.Extensions.Configuration;

namespace JobSystem.EmailWorker;

interface IMailer
{
    Task<string> Send(string to, string subject, string body, CancellationToken cancellationToken);
}

/// <summary>Sends emails through the SMTP server at <c>SMTP_HOST</c>:<c>SMTP_PORT</c>.</summary>
sealed class SmtpMailer(IConfiguration configuration) : IMailer
{
    public async Task<string> Send(string to, string subject, string body, CancellationToken cancellationToken)
    {
        var id = $"<{Guid.CreateVersion7()}@{Environment.MachineName}>";
        using var client = new SmtpClient(configuration["SMTP_HOST"] ?? "localhost", configuration.GetValue("SMTP_PORT", 25));
        using var message = new MailMessage(configuration["SMTP_FROM"] ?? "noreply@localhost", to, subject, body);
        message.Headers.Add("Message-ID", id);
        await client.SendMailAsync(message, cancellationToken);
        return id;
    }
}
